import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { objectNames } from '../../../../src/fleet/export/kubernetes/names.ts';
import { readTemplate } from '../../../../src/fleet/export/kubernetes/template.ts';
import { exportText } from '../../../../src/fleet/export/kubernetes/text.ts';
import { at, exportOf, plainTemplate } from './scene.ts';

const daily = 'schedule: "0 3 * * *"\n';

test('what the template has stays, what the job says wins, and the first container is the job', () => {
  const template = `apiVersion: batch/v1
kind: CronJob
metadata: {namespace: jobs, labels: {team: ops}}
spec:
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          serviceAccountName: runner
          containers:
            - name: main
              image: jobs:1
              command: [sleep]
              resources: {limits: {memory: 1G}}
              env:
                - {name: A, valueFrom: {secretKeyRef: {name: s, key: a}}}
                - {name: B, value: theirs}
            - {name: beside, image: proxy:1}
`;
  const { jobs } = exportOf({ one: `name: One\ncommand: echo 1\n${daily}environment: {A: ours}\n` }, { template });
  const [object] = jobs[0]?.objects ?? [];
  const spec = 'spec.jobTemplate.spec.template.spec';
  assert.deepEqual(at(object, 'metadata.namespace'), 'jobs');
  assert.deepEqual(at(object, 'metadata.labels.team'), 'ops');
  assert.deepEqual(at(object, 'metadata.labels.process-control/job'), 'one');
  assert.deepEqual(at(object, 'spec.suspend'), false);
  assert.deepEqual(at(object, `${spec}.serviceAccountName`), 'runner');
  assert.deepEqual(at(object, `${spec}.containers.0`), {
    name: 'main',
    command: ['echo', '1'],
    env: [
      { name: 'A', value: 'ours' },
      { name: 'B', value: 'theirs' },
    ],
    image: 'jobs:1',
    resources: { limits: { memory: '1G' } },
  });
  assert.deepEqual(at(object, `${spec}.containers.1`), { name: 'beside', image: 'proxy:1' });
});

test('a service with ports has a Service in the namespace of the Deployment', () => {
  const template = plainTemplate.replace('kind: Deployment', 'kind: Deployment\nmetadata: {namespace: web}');
  const text = 'name: Web\nservice: true\ncommand: serve {{instance}}\nports: {http: 8080}\n';
  const objects = exportOf({ web: text }, { template }).jobs[0]?.objects ?? [];
  assert.deepEqual(
    objects.map((object) => [at(object, 'kind'), at(object, 'metadata.namespace'), at(object, 'metadata.name')]),
    [
      ['StatefulSet', 'web', 'web'],
      ['Service', 'web', 'web'],
    ],
  );
  assert.deepEqual(at(objects[1], 'spec'), {
    selector: { 'process-control/job': 'web' },
    clusterIP: 'None',
    ports: [{ name: 'http', port: 8080 }],
  });
});

test('a job whose kind the template lacks is an error, and the others are exported', () => {
  const [onlyJobs = ''] = plainTemplate.split('---\n');
  const { jobs, problems } = exportOf(
    { one: `name: One\ncommand: a\n${daily}`, web: 'name: Web\nservice: true\ncommand: b\n' },
    { template: onlyJobs },
  );
  assert.deepEqual(
    jobs.map(({ job }) => job.slug),
    ['one'],
  );
  assert.deepEqual(
    problems.map(({ severity, file, message }) => [severity, file, message]),
    [['error', 'web.yaml', 'the template has no Deployment']],
  );
});

test('a template that can not be used is refused in words', () => {
  const cases: Readonly<Record<string, RegExp>> = {
    '': /is empty/,
    'a: [': /./,
    '- a': /must be a CronJob or a Deployment/,
    'kind: Pod': /found "Pod"/,
    'kind: toString': /found "toString"/,
    'apiVersion: batch/v1beta1\nkind: CronJob': /apiVersion: batch\/v1"/,
    'apiVersion: apps/v1\nkind: Deployment': /"image"/,
    [plainTemplate.replace(/---\n[\s\S]*/, (rest) => `---\n${plainTemplate.split('---\n')[0]}${rest}`)]:
      /two documents/,
  };
  for (const [text, message] of Object.entries(cases)) {
    const answer = readTemplate('t.yaml', text);
    assert.ok(!answer.ok, text);
    assert.match(answer.problems.map((problem) => problem.message).join('; '), message, text);
  }
});

test('names are those of DNS, at most 52 long, and never shared, whatever the other jobs are', () => {
  const name = (slugs: readonly string[]) => Object.fromEntries(objectNames(slugs, realHash));
  assert.deepEqual(name(['backup', 'a_b']), { backup: 'backup', a_b: 'a-b' });
  const shared = name(['a-b', 'a_b', 'a.b']);
  assert.equal(shared['a-b'], 'a-b');
  assert.equal(new Set(Object.values(shared)).size, 3);
  const slug = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
  fc.assert(
    fc.property(fc.uniqueArray(slug, { maxLength: 20 }), (slugs) => {
      const names = [...objectNames(slugs, realHash).values()];
      for (const one of names) assert.match(one, /^[a-z](?:[a-z0-9-]{0,50}[a-z0-9])?$/);
      assert.equal(new Set(names).size, slugs.length);
    }),
  );
});

/** A small hash that tells texts apart. */
function realHash(text: string): string {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  return hash.toString(16).padStart(8, '0').repeat(8);
}

test('every reader of YAML sees the same objects, whatever the values are', () => {
  const odd = fc.oneof(
    fc.constantFrom(
      'yes',
      'on',
      'y',
      '010',
      '0o17',
      '0x1F',
      '12:30',
      '1_000',
      '1e3',
      '~',
      'null',
      '=',
      '<<',
      '.inf',
      ' x',
      '# x',
      '- x',
      'a: b',
      '&a',
      '*a',
      '!x',
      '2026-11-30',
      '',
    ),
    fc.string({ unit: 'grapheme' }),
    fc.string(),
  );
  const word = odd.map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u0085\ufeff\ufffe\uffff]|[\ud800-\udfff]/gu, ''));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (values, name) => {
      const environment = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));
      const command = JSON.stringify(['/bin/echo', `'${name.replaceAll("'", '')}'`].join(' '));
      const text = `name: Job\ncommand: ${command}\n${daily}environment: ${JSON.stringify(environment)}\n`;
      const exported = exportOf({ job: text });
      const written = exportText(exported);
      for (const version of ['1.1', '1.2'] as const) {
        const documents = parseAllDocuments(written, { version });
        assert.deepEqual(
          [...documents].map((document) => document.toJS()),
          exported.jobs.flatMap(({ objects }) => objects),
          `${version}: ${written}`,
        );
      }
    }),
    { numRuns: 100 },
  );
});
