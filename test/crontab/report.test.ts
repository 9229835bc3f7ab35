import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesText } from '../../src/crontab/report.ts';

const none = { added: [], removed: [], changed: [] };
const job = '5 0 * * * svc /usr/bin/run-job --job a\n';
const ensure = '* * * * * svc /usr/bin/run-job --ensure\n';

const table: readonly (readonly [what: string, before: string, after: string, words: string])[] = [
  ['only comments', `# a\n${job}`, `# b\n${job}`, 'text changed; no line or time of a job changed'],
  ['a foreign line goes', `${job}0 1 * * * root /usr/sbin/logrotate\n`, job, '1 line of another origin dropped'],
  [
    'two go, of which cron refuses one',
    `${job}x\n0 1 * * * root /bin/true\n`,
    job,
    '2 lines of another origin dropped',
  ],
  ['services come', job, `${ensure}${job}`, 'lines that start services added'],
  ['services go', `${ensure}${job}`, job, 'lines that start services removed'],
  ['a service more', `${ensure}# Service a\n`, `${ensure}# Service a\n# Service b\n`, 'services: 1 added (b)'],
  ['a service less', `${ensure}# Service a\n# Service b.c\n`, `${ensure}# Service a\n`, 'services: 1 removed (b.c)'],
  ['the first service', job, `${ensure}# Service b\n${job}`, 'services: 1 added (b); lines that start services added'],
  [
    'a service has a problem now, and is kept up',
    `${ensure}# Service a\n`,
    `${ensure}# No line for a: /jobs/a.yaml:3 has a problem, see cron-generate --check\n`,
    'text changed; no line or time of a job changed',
  ],
  ['a disabled job more', job, `${job}# Skipping disabled job b\n`, 'text changed; no line or time of a job changed'],
  [
    'missed runs',
    job,
    `*/5 * * * * svc /usr/bin/run-job --catch-up\n${job}`,
    'lines that make up for missed runs added',
  ],
  ['another user', job, job.replace('svc', 'other'), 'user or command 1 changed (a)'],
  ['another setting', `PATH=/bin\n${job}`, `PATH=/usr/bin\n${job}`, 'settings changed'],
];

test('the summary of a change names every part of it', () => {
  for (const [what, before, after, words] of table) assert.equal(changesText(none, before, after), words, what);
  assert.equal(
    changesText({ ...none, added: ['b'] }, job, `${ensure}${job}`),
    'lines: 1 added (b); lines that start services added',
  );
});
