/** Keys of other schedulers: the message names the right key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobSchema } from '../../../src/job/keys/schema.ts';
import { jobSynonyms } from '../../../src/job/keys/synonyms.ts';
import { validateJobText } from '../../../src/job/load.ts';

function said(text: string): readonly string[] {
  const result = validateJobText({ file: 'job.yaml', bytes: new TextEncoder().encode(text) }, {});
  return (result.ok ? result.warnings : result.problems).map(({ message }) => message);
}

const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '');

test('a synonym is no key of ours, and its words name the key of ours that it stands for', () => {
  const keys = new Set(Object.keys(jobSchema.properties));
  for (const [name, { key, words }] of Object.entries(jobSynonyms)) {
    assert.ok(!keys.has(name), name);
    if (key === undefined) continue;
    const [top = '', inner] = key.split('.');
    assert.ok(keys.has(top), `${name}: ${key}`);
    assert.match(words, new RegExp(`"${inner ?? top}[:" ]`), name);
    if (inner !== undefined)
      assert.ok(
        inner in ((jobSchema.properties as Record<string, { properties?: object }>)[top]?.properties ?? {}),
        key,
      );
  }
});

/** [key, words of the message] */
const asked: readonly (readonly [string, RegExp])[] = [
  ['user', /"user" of the configuration/],
  ['cwd', /"working_directory"/],
  ['retries', /"max_task_failures"/],
  ['max_retries', /"max_task_failures".* retries plus one/],
  ['enabled', /"disabled", and the opposite value/],
  ['mailto', /"failmail: \{to_address: ADDRESS\}"/],
  ['MAILTO', /"failmail/],
  ['cron', /"schedule" with five terms/],
  ['tz', /"time_zone"/],
  ['timezone', /"time_zone"/],
  ['env', /"environment"/],
  ['interval', /"schedule"/],
  ['every', /"schedule"/],
  ['shell', /sh -c/],
  ['stdout', /log of the run/],
  ['concurrencyPolicy', /"cron_collision_policy"/],
  ['lock', /"locks"/],
  ['max_runtime', /"timeout"/],
  ['on-failure', /"notify"/],
  ['autorestart', /"service: true"/],
  ['depends_on', /do not wait for each other/],
];

for (const [key, words] of asked) {
  test(`"${key}" gets a message with the right key`, () => {
    const [message = '', ...more] = said(`name: a\ncommand: /bin/true\n${key}: 1\n`);
    assert.match(message, words);
    assert.match(message, new RegExp(`^unknown key "${key}"; `));
    assert.doesNotMatch(message, /start with "_"|did you mean/);
    assert.deepEqual(more, []);
  });
}

test('a required key under another name is not reported as missing too', () => {
  for (const key of ['cmd', 'run', 'script', 'exec'])
    assert.deepEqual(said(`name: a\n${key}: /bin/true\n`), [`unknown key "${key}"; it is called "command" here`]);
  assert.match(said('title: a\ncommand: /bin/true\n').join('\n'), /^unknown key "title"; write "name"[^\n]*$/);
});

test('parts of limits and failmail have synonyms too', () => {
  const text = 'name: a\ncommand: /bin/true\nlimits: {memory: 1G}\nfailmail: {to: root}\n';
  assert.deepEqual(said(text), [
    'unknown key "limits.memory"; write "address_space"',
    'unknown key "failmail.to"; write "to_address"',
  ]);
});

test('a command that YAML reads as a boolean gets a message', () => {
  assert.match(
    said('name: a\ncommand: true\n').join(),
    /found true \(no text to YAML; for the program write \/bin\/true\)/,
  );
  assert.match(said('name: a\ncommand: [false]\n').join(), /for the program write \/bin\/false/);
});

test('a misspelt key gets the most similar key', () => {
  assert.match(said('name: a\ncomand: /bin/true\n').join(), /did you mean "command"\?/);
  assert.ok(!Object.keys(jobSynonyms).some((name) => plain(name) === 'comand'));
});
