import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesText } from '../../src/schedule/crontab-report.ts';

const none = { added: [], removed: [], changed: [] };
const job = '5 0 * * * svc /usr/bin/run-job --job a\n';
const ensure = '* * * * * svc /usr/bin/run-job --ensure\n';

const table: readonly (readonly [what: string, before: string, after: string, words: string])[] = [
  ['only comments', `# a\n${job}`, `# b\n${job}`, 'text changed; no job or time changed'],
  ['a foreign line goes', `${job}0 1 * * * root /usr/sbin/logrotate\n`, job, '1 line of another origin dropped'],
  [
    'two go, of which cron refuses one',
    `${job}x\n0 1 * * * root /bin/true\n`,
    job,
    '2 lines of another origin dropped',
  ],
  ['services come', job, `${ensure}${job}`, 'lines that start services added'],
  ['services go', `${ensure}${job}`, job, 'lines that start services removed'],
  [
    'missed runs',
    job,
    `*/5 * * * * svc /usr/bin/run-job --catch-up\n${job}`,
    'lines that make up for missed runs added',
  ],
  ['another user', job, job.replace('svc', 'other'), 'user or command 1 changed (a)'],
  ['another setting', `PATH=/bin\n${job}`, `PATH=/usr/bin\n${job}`, 'settings changed'],
];

test('what a change is said to be is all of it', () => {
  for (const [what, before, after, words] of table) assert.equal(changesText(none, before, after), words, what);
  assert.equal(
    changesText({ ...none, added: ['b'] }, job, `${ensure}${job}`),
    'lines: 1 added (b); lines that start services added',
  );
});
