import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CrontabJob, type CrontabOrder, composeCrontab } from '../../src/crontab/crontab.ts';
import { isOurs, isPartOf } from '../../src/crontab/header.ts';
import { nothingPresent, readPresent } from '../../src/crontab/present.ts';
import { readCrontab } from '../../src/crontab/reader.ts';
import { compileTemplate } from '../../src/crontab/template.ts';

const compiled = compileTemplate('# Generated from {source}\n{schedule} {user} {command}\n');
assert.ok('template' in compiled);

const empty: CrontabOrder = {
  header: { directory: '/jobs', home: '/', searchPath: '/usr/bin:/bin:/usr/sbin:/sbin', settings: [] },
  jobs: [],
  broken: [],
  present: nothingPresent,
  template: compiled.template,
  user: 'svc',
  runner: '/usr/bin/run-job',
  dueMinutes: () => '0,30',
};

function job(slug: string, changes: Partial<CrontabJob> = {}): CrontabJob {
  const source = `/jobs/${slug}.yaml`;
  return {
    slug,
    name: slug,
    source,
    schedule: '5 0 * * *',
    disabled: false,
    service: false,
    catchUp: false,
    ...changes,
  };
}

const header = `# Written by cron-generate (process-control). Change the job files: changes made here are lost.
# Jobs of /jobs
SHELL=/bin/sh
PATH=/usr/bin:/bin:/usr/sbin:/sbin
HOME=/
MAILTO=""
PROCESS_CONTROL_TRIGGER=cron

`;

test('without jobs the crontab is its header', () => {
  assert.equal(composeCrontab(empty).text(), header);
});

test('jobs are sorted by slug, bytewise, and disabled jobs have a comment', () => {
  const { schedule: _, ...unscheduled } = job('Z');
  const jobs = [
    job('b'),
    job('a.b'),
    job('a-b', { disabled: true }),
    job('_x', { schedule: '*/5 * * * *' }),
    unscheduled,
  ];
  assert.equal(
    composeCrontab({ ...empty, jobs }).text(),
    `${header}# Skipping disabled job Z
# Generated from /jobs/_x.yaml
*/5 * * * * svc /usr/bin/run-job --job _x
# Skipping disabled job a-b
# Generated from /jobs/a.b.yaml
5 0 * * * svc /usr/bin/run-job --job a.b
# Generated from /jobs/b.yaml
5 0 * * * svc /usr/bin/run-job --job b
`,
  );
});

test('services, missed runs and jobs of another zone have special lines', () => {
  const { schedule: _, ...service } = job('web', { service: true });
  const { schedule: __, ...stopped } = job('old', { service: true, disabled: true });
  const jobs = [service, stopped, job('report', { timeZone: 'America/New_York', catchUp: true })];
  assert.equal(
    composeCrontab({ ...empty, jobs, config: '/etc/other.yaml' }).text(),
    `${header}# Services: start what should be up and is not
@reboot svc /usr/bin/run-job --ensure --config /etc/other.yaml
* * * * * svc /usr/bin/run-job --ensure --config /etc/other.yaml
# Runs that were missed while the machine was off
@reboot svc /usr/bin/run-job --catch-up --config /etc/other.yaml
*/5 * * * * svc /usr/bin/run-job --catch-up --config /etc/other.yaml
# Skipping disabled job old
# report follows 5 0 * * * America/New_York
# Generated from /jobs/report.yaml
0,30 * * * * svc /usr/bin/run-job --due --job report --config /etc/other.yaml
# Service web
`,
  );
});

test('a job with problems keeps its line, with the present user, program and template', () => {
  const before = composeCrontab({ ...empty, user: 'olduser', jobs: [job('a'), job('b')] }).text();
  const present = readPresent([before]);
  const broken = [{ slug: 'b', source: '/jobs/b.yaml', line: 4 }];
  const order = { ...empty, jobs: [job('a')], broken, present, runner: '/opt/run-job' };
  const after = composeCrontab(order);
  assert.equal(
    after.text(),
    `${header}# Generated from /jobs/a.yaml
5 0 * * * svc /opt/run-job --job a
# Last good line of b: /jobs/b.yaml:4 has a problem, see cron-generate --check
# Generated from /jobs/b.yaml
5 0 * * * svc /opt/run-job --job b
`,
  );
  assert.deepEqual(
    after.jobs.map(({ slug, state }) => [slug, state]),
    [
      ['a', 'scheduled'],
      ['b', 'kept'],
    ],
  );
  assert.equal(composeCrontab({ ...order, present: readPresent([after.text()]) }).text(), after.text(), 'and keeps it');
});

test('a kept line of another zone keeps its schedule and zone', () => {
  const before = composeCrontab({ ...empty, jobs: [job('b', { timeZone: 'Asia/Tokyo' })] }).text();
  const broken = [{ slug: 'b', source: '/jobs/b.yaml' }];
  const kept = composeCrontab({ ...empty, broken, present: readPresent([before]) });
  assert.ok(kept.text().includes('# b follows 5 0 * * * Asia/Tokyo\n'));
  assert.ok(kept.text().includes('0,30 * * * * svc /usr/bin/run-job --due --job b\n'));
  assert.equal(composeCrontab({ ...empty, broken, present: readPresent([kept.text()]) }).text(), kept.text());
});

test('a job with problems that had no line gets none', () => {
  const crontab = composeCrontab({ ...empty, broken: [{ slug: 'new', source: '/jobs/new.yaml', line: 2 }] });
  assert.equal(
    crontab.text(),
    `${header}# No line for new: /jobs/new.yaml:2 has a problem, see cron-generate --check\n`,
  );
  assert.deepEqual(crontab.jobs, [{ slug: 'new', state: 'left out' }]);
});

test('the lines that keep services up stay while a job file has problems', () => {
  const { schedule: _, ...service } = job('web', { service: true });
  const before = composeCrontab({ ...empty, jobs: [service, job('a', { catchUp: true })] }).text();
  const present = readPresent([before]);
  const broken = [{ slug: 'web', source: '/jobs/web.yaml' }];
  assert.equal(
    composeCrontab({ ...empty, broken, present })
      .text()
      .match(/--ensure/g)?.length,
    2,
  );
  assert.equal(
    composeCrontab({ ...empty, broken, present })
      .text()
      .match(/--catch-up/g)?.length,
    2,
  );
  assert.doesNotMatch(composeCrontab({ ...empty, present }).text(), /--ensure|--catch-up/);
});

test("a job whose line can't be written is a problem of its file", () => {
  const crontab = composeCrontab({ ...empty, jobs: [job('a'), job('bad', { schedule: '5 0 * * * root sh -c x\n' })] });
  assert.deepEqual(readCrontab(crontab.text()).problems, []);
  assert.ok(crontab.text().includes('--job a\n'));
  assert.ok(crontab.text().includes('# No line for bad: '));
  assert.equal(crontab.problems[0]?.file, '/jobs/bad.yaml');
});

test('ten thousand jobs fill numbered files of at most 9,000 lines, and the lines of a job stay together', () => {
  const jobs = Array.from({ length: 10_000 }, (_, index) => job(`job${index}`));
  const files = composeCrontab({ ...empty, jobs }).files('process-control');
  assert.deepEqual(
    files.map(({ name }) => name),
    ['process-control', 'process-control-2', 'process-control-3'],
  );
  for (const [index, { text }] of files.entries()) {
    const { lines, problems } = readCrontab(text);
    assert.deepEqual(problems, []);
    assert.ok(lines.length <= 9000);
    assert.ok(isOurs(text));
    assert.equal(isPartOf(text, 'process-control'), index > 0);
    assert.equal(isPartOf(text, 'process'), false);
    assert.match(text, /^(#.*\n){2}(\w+=.*\n){5}\n(# Generated from .*\n.* --job .*\n)*$/);
  }
  const slugs = files.flatMap(({ text }) => [...text.matchAll(/--job (\S+)/g)].map(([, slug]) => slug));
  assert.equal(new Set(slugs).size, 10_000);
  assert.deepEqual(slugs, [...slugs].sort());
});

test('thousands of disabled jobs are not one comment that is too long for cronie', () => {
  const jobs = Array.from({ length: 20_000 }, (_, index) => job(`job${index}`, { disabled: true }));
  const files = composeCrontab({ ...empty, jobs }).files('x');
  for (const { text } of files) assert.deepEqual(readCrontab(text).problems, []);
  assert.equal(files.flatMap(({ text }) => text.match(/^# Skipping/gm) ?? []).length, 20_000);
});

test('both daemons accept the crontab for any names and paths of jobs', () => {
  const anyJob = fc.record({
    slug: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/),
    name: fc.string({ unit: 'binary', maxLength: 2000 }),
    source: fc.string({ unit: 'binary', maxLength: 2000 }),
    schedule: fc.constantFrom('* * * * *', '*/5 1,2 1-31/2 jan mon-fri', '0 0 1 1 0', 'x', '@reboot', '\n'),
    disabled: fc.boolean(),
    service: fc.boolean(),
    catchUp: fc.boolean(),
  });
  const named = compileTemplate('# {name} {source}\n{schedule} {user} {command}\n# end of {name}\n');
  assert.ok('template' in named);
  fc.assert(
    fc.property(fc.uniqueArray(anyJob, { selector: ({ slug }) => slug, maxLength: 200 }), (jobs) => {
      const crontab = composeCrontab({
        ...empty,
        template: named.template,
        jobs: jobs.filter(({ schedule }) => schedule.length > 8),
      });
      for (const { text } of crontab.files('x')) assert.deepEqual(readCrontab(text).problems, []);
    }),
    { numRuns: 60 },
  );
});
