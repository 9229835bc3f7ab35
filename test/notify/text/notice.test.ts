import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChannelNews } from '../../../src/notify/incident.ts';
import type { RunReport } from '../../../src/notify/report.ts';
import { noticeMessage } from '../../../src/notify/text/notice.ts';
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

test('the opening of an incident reads so', () => {
  const { subject, text } = noticeMessage({ is: 'failure', pauses: false }, report, zoneNamed('Europe/Berlin'));
  assert.equal(
    subject,
    'FAILED: Database backup (backup) failed with exit code 3 (3rd time in a row) on db1.example.org',
  );
  assert.equal(
    text,
    `Database backup (backup) failed with exit code 3 (3rd time in a row)
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
Pause it: jobctl pause backup --for 2h
Run id: 5d0c1f8e
`,
  );
});

test('its end reads so', () => {
  const { description, failingSinceMs, ...rest } = report;
  const well = { ...rest, outcome: 'succeeded', failuresInARow: 0, remarks: [], lastSuccessMs: report.endedMs };
  const news = { is: 'recovery', failures: 4, sinceMs: Date.UTC(2026, 10, 22, 8, 40, 3, 400) } as const;
  const { subject, text } = noticeMessage(news, well, zoneNamed('UTC'));
  assert.equal(
    subject,
    'RECOVERED: Database backup (backup) succeeded again, after 4 failures in 1 h on db1.example.org',
  );
  assert.equal(
    text,
    `Database backup (backup) succeeded again, after 4 failures in 1 h
on db1.example.org, started by the clock.

Started: 2026-11-22 09:30:00 +00:00
Ended: 2026-11-22 09:40:03 +00:00, after 10 min 3 s
Failing since: 2026-11-22 08:40:03 +00:00, 4 times in a row

Last lines of output:

  dumping accounts
  dump: no space left on device

Log: /var/log/process-control/backup/backup-20261122-093000.log
Look at it: jobctl logs backup
Run it again: run-job --job backup
Pause it: jobctl pause backup --for 2h
Run id: 5d0c1f8e
`,
  );
});

test('a failure that paused the job says how to resume it', () => {
  const { subject, text } = noticeMessage(
    { is: 'failure', pauses: true },
    { ...report, pause: 'it failed' },
    zoneNamed('UTC'),
  );
  assert.match(subject, /^PAUSED: .* failed with exit code 3 \(3rd time in a row\) and is paused now on db1/);
  assert.match(text, /\nResume it: jobctl resume backup\n/);
  assert.doesNotMatch(text, /jobctl pause/);
});

test('each kind of message begins with its word', () => {
  const rows: readonly [ChannelNews, RegExp][] = [
    [{ is: 'warning', words: 'took 2 h, longer than 1 h' }, /^WARNING: .* took 2 h, longer than 1 h on db1/],
    [{ is: 'skipped' }, /^SKIPPED: /],
    [{ is: 'success' }, /^OK: /],
    [{ is: 'start' }, /^STARTED: Database backup \(backup\) has started on db1/],
    [{ is: 'end', status: 'success' }, /^OK: /],
    [{ is: 'end', status: 'failure' }, /^FAILED: .*3rd time in a row/],
  ];
  for (const [news, expected] of rows) assert.match(noticeMessage(news, report, zoneNamed('UTC')).subject, expected);
});

test('whatever a job is called and prints, the subject is one printable line and the text stays small', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 300 });
  const news = fc.oneof(
    fc.constant<ChannelNews>({ is: 'failure', pauses: false }),
    anything.map((words): ChannelNews => ({ is: 'warning', words })),
  );
  fc.assert(
    fc.property(
      news,
      anything,
      anything,
      fc.string({ unit: 'binary', maxLength: 9000 }),
      (told, name, outcome, tail) => {
        const { subject, text } = noticeMessage(
          told,
          { ...report, name, outcome, tail, description: tail },
          zoneNamed('UTC'),
        );
        assert.doesNotMatch(subject, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.ok([...subject].length < 2000);
        assert.doesNotMatch(text, /[^\P{Cc}\n\t]/u);
      },
    ),
  );
});
