import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RunReport } from '../../../src/notify/report.ts';
import { failureMessage } from '../../../src/notify/text/failmail.ts';
import { zoneNamed } from '../../fakes/zones.ts';

const report: RunReport = {
  slug: 'backup',
  name: 'Database backup',
  description: 'Dumps every database to the vault.\nAsk the DBAs before you rerun it by day.',
  host: 'db1.example.org',
  outcome: 'failed with exit code 3',
  trigger: 'by the clock',
  runId: '5d0c1f8e',
  startedMs: Date.UTC(2026, 10, 22, 9, 30, 0),
  endedMs: Date.UTC(2026, 10, 22, 9, 40, 3, 400),
  failuresInARow: 3,
  failingSinceMs: Date.UTC(2026, 9, 24, 23, 30, 0),
  lastSuccessMs: Date.UTC(2026, 9, 24, 22, 30, 0),
  remarks: ['log incomplete: 20 bytes of output lost (ENOSPC)'],
  tail: 'dumping accounts\ndump: no space left on device\n',
  logPath: '/var/log/process-control/backup/backup-20261122-093000.log',
};

test('a failure reads so', () => {
  const { subject, text } = failureMessage(report, zoneNamed('Europe/Berlin'));
  assert.equal(
    subject,
    'Fail Mail : Database backup (backup) failed with exit code 3 (3rd time in a row) on db1.example.org',
  );
  assert.equal(
    text,
    `Database backup (backup) failed with exit code 3
on db1.example.org, started by the clock.

Dumps every database to the vault.
Ask the DBAs before you rerun it by day.

Started: 2026-11-22 10:30:00 +01:00
Ended: 2026-11-22 10:40:03 +01:00, after 10 min 3 s
Failures in a row: 3, since 2026-10-25 01:30:00 +02:00
Last success: 2026-10-25 00:30:00 +02:00

Note: log incomplete: 20 bytes of output lost (ENOSPC)

Last lines of output:

  dumping accounts
  dump: no space left on device

Log: /var/log/process-control/backup/backup-20261122-093000.log
Look at it: jobctl logs backup
Run it again: run-job --job backup
Run id: 5d0c1f8e
`,
  );
});

test('a first failure without description, output, log or history reads so', () => {
  const { description, lastSuccessMs, logPath, ...rest } = report;
  const bare = {
    ...rest,
    name: 'backup',
    outcome: 'was skipped: still running since 08:30',
    failuresInARow: 1,
    remarks: [],
    tail: '',
  };
  const { subject, text } = failureMessage({ ...bare, trigger: 'by ada', endedMs: report.startedMs }, zoneNamed('UTC'));
  assert.equal(subject, 'Fail Mail : backup was skipped: still running since 08:30 on db1.example.org');
  assert.equal(
    text,
    `backup was skipped: still running since 08:30
on db1.example.org, started by ada.

Started: 2026-11-22 09:30:00 +00:00
Ended: 2026-11-22 09:30:00 +00:00, after 0 s
Failures in a row: 1
Last success: none on record

It was not started.

Look at it: jobctl logs backup
Run it again: run-job --job backup
Run id: 5d0c1f8e
`,
  );
});

test('a job without output reads otherwise than one that was not started', () => {
  assert.match(failureMessage({ ...report, tail: ' \n' }, zoneNamed('UTC')).text, /\n\nIt printed nothing\.\n\n/);
});

test('of much output the last lines are shown, with a mark that there is more', () => {
  const tail = Array.from({ length: 200_000 }, (_, i) => `line ${i}`).join('\n');
  const { text } = failureMessage({ ...report, tail }, zoneNamed('UTC'));
  assert.match(text, /Last lines of output:\n\n {2}\[…\]\n {2}line 199960\n(.*\n)* {2}line 199999\n\nLog/);
  const oneLine = failureMessage({ ...report, tail: 'x'.repeat(5_000_000) }, zoneNamed('UTC')).text;
  assert.match(oneLine, /\[…\]\n {2}x+\n/);
  assert.ok(oneLine.length < 6000);
  const emoji = failureMessage(
    { ...report, tail: `${'🚒'.repeat(10_000)}x`, description: '🚒'.repeat(10_000) },
    zoneNamed('UTC'),
  ).text;
  assert.doesNotMatch(emoji, /\p{Cs}/u);
  assert.ok(emoji.length < 8000);
});

test('output reads as a terminal would show it', () => {
  const shown = (tail: string) =>
    /Last lines of output:\n\n([\s\S]*?)\n\nLog/.exec(failureMessage({ ...report, tail }, zoneNamed('UTC')).text)?.[1];
  assert.equal(shown('\u001b[1;31mred\u001b[0m text'), '  red text');
  assert.equal(shown('10%\r50%\r100%\r\ndone\r\n'), '  100%\n  done');
  assert.equal(shown('a\tb\n\n  indented'), '  a\tb\n\n    indented');
  assert.equal(shown('bell\u0007 \u202egnp.exe'), '  bell\\u0007 \\u202egnp.exe');
});

test('ordinals are English', () => {
  const nth = (n: number) =>
    /\((\w+) time/.exec(failureMessage({ ...report, failuresInARow: n }, zoneNamed('UTC')).subject)?.[1];
  assert.deepEqual([2, 3, 4, 11, 12, 13, 21, 22, 112].map(nth), [
    ...['2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '22nd', '112th'],
  ]);
});

test('a long name does not make an endless subject', () => {
  const { subject } = failureMessage(
    { ...report, name: '🚒'.repeat(5000), outcome: 'y'.repeat(5000) },
    zoneNamed('UTC'),
  );
  assert.ok([...subject].length < 300);
  assert.match(subject, /🚒… \(backup\) y+… /u);
  assert.doesNotMatch(subject, /\p{Cs}/u);
});

test('whatever a job is called and prints, the subject is one printable line and the text stays small', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(
      anything,
      anything,
      anything,
      fc.string({ unit: 'binary', maxLength: 9000 }),
      (name, outcome, trigger, tail) => {
        const { subject, text } = failureMessage(
          { ...report, name, outcome, trigger, tail, description: tail },
          zoneNamed('UTC'),
        );
        assert.match(subject, /^Fail Mail : /);
        assert.doesNotMatch(subject, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.doesNotMatch(text, /[^\P{Cc}\n\t]/u);
      },
    ),
  );
});
