/** Keys that people guess in the configuration: the message names the right key, at any level. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { configSynonyms } from '../../src/config/synonyms.ts';
import type { User } from '../../src/system/types/user.ts';
import { memoryFiles, memoryUsers } from '../fakes/files.ts';

const root: User = { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' };
const service: User = { name: 'process-control', uid: 900, gid: 900, home: '/nonexistent', shell: '/usr/sbin/nologin' };

function said(text: string): readonly string[] {
  const files = memoryFiles({ '/etc/process-control.yaml': { text } });
  const caller = { uid: 0, euid: 0, pid: 1, hostName: 'web1', environment: {} };
  const result = loadConfig({ files, users: memoryUsers(root, service), caller });
  return (result.ok ? result.warnings : result.problems).map(({ message }) => message);
}

interface Keys {
  readonly properties?: Readonly<Record<string, Keys>>;
}

test('a synonym is no key of ours, and its words name the key of ours that it stands for', () => {
  const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '');
  const own = new Set(Object.keys(configSchema.properties).map(plain));
  for (const [name, { key, words }] of Object.entries(configSynonyms())) {
    assert.ok(!own.has(plain(name)), name);
    if (key === undefined || name.startsWith('default_job_config.')) continue;
    let at: Keys | undefined = configSchema as Keys;
    for (const step of key.split('.')) at = at?.properties?.[step];
    assert.ok(at !== undefined, `${name}: ${key}`);
    for (const step of key.split('.')) assert.match(words, new RegExp(`\\b${step}\\b`), name);
  }
});

test('every complete suggestion is valid', () => {
  for (const [name, { words }] of Object.entries(configSynonyms())) {
    if (name.startsWith('default_job_config.')) continue;
    const [, offer] = /write "(\w+: \{.*\})"/.exec(words) ?? [];
    if (offer === undefined || offer.includes('…')) continue;
    const written = offer
      .replace('HOST', 'mail.example.org')
      .replaceAll('ADDRESS', 'ops@example.org')
      .replace('ZONE', 'Etc/UTC')
      .replace('FILE', '/etc/some-file');
    assert.deepEqual(
      said(`${written}\n`).filter((message) => !message.startsWith('warning')),
      [],
      offer,
    );
  }
});

/** [key, words of the message] */
const asked: readonly (readonly [string, RegExp])[] = [
  ['mailto', /"default_job_config: \{failmail: \{to_address: ADDRESS\}\}"/],
  ['MAILTO', /failmail: \{to_address/],
  ['smtp_server', /"mail: \{smtp: \{host: HOST\}\}"/],
  ['smtp_host', /"mail: \{smtp: \{host: HOST\}\}"/],
  ['smtp_password', /password_file: FILE/],
  ['run_as', /"user"/],
  ['log_dir', /"output_directory"/],
  ['logs', /"output_directory"/],
  ['job_dir', /"job_directory"/],
  ['jobs_dir', /"job_directory"/],
  ['lock_dir', /"run_directory"/],
  ['cache_dir', /"state_directory"/],
  ['crontab', /"output_crontab"/],
  ['defaults', /"default_job_config"/],
  ['log_level', /"logging: \{level: debug\}"/],
  ['retention', /"log_retention: \{days: 90\}"/],
  ['timezone', /"default_job_config: \{time_zone: ZONE\}"/],
  ['timeout', /it is a key of a job; for all jobs write "default_job_config: \{timeout: …\}"/],
  ['failmail', /for all jobs write "default_job_config: \{failmail: …\}"/],
  ['environment', /for all jobs write "default_job_config: \{environment: …\}"/],
  ['schedule', /it is a key of a job/],
  ['max_parallel', /"locks" in common/],
  ['usr', /did you mean "user"\?/],
  ['job_directry', /did you mean "job_directory"\?/],
];

for (const [key, words] of asked) {
  test(`"${key}" in the configuration gets a message with the right key`, () => {
    const [message = '', ...more] = said(`${key}: 1\n`);
    assert.match(message, words);
    assert.match(message, new RegExp(`^unknown key "${key}"; `));
    assert.deepEqual(more, []);
  });
}

test('a foreign file is not quoted, even if some of its keys are synonyms', () => {
  assert.match(
    said('version: "3"\nservices: {web: 1}\n').join(),
    /^the file must be .*none of its lines begins with a key/,
  );
});

test('nested keys have synonyms too, also those of a job below default_job_config', () => {
  assert.match(said('mail: {to: root}\n').join('\n'), /unknown key "mail\.to"; write "default_job_config: \{failmail/);
  assert.match(
    said('mail: {smtp: {server: a}}\n').join('\n'),
    /unknown key "mail\.smtp\.server"; write "mail: \{smtp: \{host/,
  );
  assert.match(
    said('default_job_config: {cwd: /tmp}\n').join('\n'),
    /unknown key "default_job_config\.cwd"; it is called "working_directory" here/,
  );
  assert.match(said('default_job_config: {retries: 3}\n').join('\n'), /write "max_task_failures"/);
});
