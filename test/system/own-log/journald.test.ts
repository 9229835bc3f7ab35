/** Entries of the own log in systemd's journal: logger(1) sends them, a datagram socket stands for the journal. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { journalLines } from '../../../src/system/own-log/journald.ts';

const entry = {
  level: 'error',
  message: 'backup failed with exit code 3\nsecond line',
  fields: { job: 'backup', run: '20261129-000005-4147f7f4' },
  details: { event: 'run-ended', outcome: 'exited', exit_code: 3, duration_ms: 2100 },
  atMs: 0,
} as const;

test('an entry becomes one line for each field, and no value can make up another field', () => {
  const lines = journalLines(entry, { facility: 'cron' });
  assert.deepEqual(lines, [
    'MESSAGE=backup failed with exit code 3 second line job=backup run=20261129-000005-4147f7f4',
    'PRIORITY=3',
    'SYSLOG_FACILITY=9',
    'SYSLOG_IDENTIFIER=run-job',
    `SYSLOG_PID=${process.pid}`,
    'MESSAGE_ID=6f3c0f6d1f1e4b7c9a5d1e2a8b7c4d90',
    'PROCESS_CONTROL_JOB=backup',
    'PROCESS_CONTROL_RUN=20261129-000005-4147f7f4',
    'PROCESS_CONTROL_OUTCOME=exited',
    'PROCESS_CONTROL_EXIT_CODE=3',
    'PROCESS_CONTROL_DURATION_MS=2100',
  ]);
  const hostile = { ...entry, fields: { job: 'x\nPRIORITY=0' } };
  assert.equal(journalLines(hostile, { facility: 'cron' }).filter((line) => line.startsWith('PRIORITY=')).length, 1);
});

const hasLogger = spawnSync('/usr/bin/logger', ['--help'], { encoding: 'utf8' }).stdout?.includes('--journald');
const skip =
  process.getuid?.() !== 0
    ? 'only root can make a place for the socket of the journal'
    : hasLogger
      ? false
      : 'logger(1) was built without the journal';

test('logger sends the fields to the journal', { skip }, () => {
  const module = path.resolve(import.meta.dirname, '../../../src/system/own-log/journald.js');
  const program = `import(${JSON.stringify(module)}).then(async ({ hasJournal, writeJournal }) => {
    if (!hasJournal()) throw new Error('no journal');
    console.error(JSON.stringify(await writeJournal(${JSON.stringify(entry)}, { facility: 'cron' })));
  });`;
  const listen = `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, pack_sockaddr_un("/run/systemd/journal/socket")) or die $!; chmod 0666, "/run/systemd/journal/socket";
open(my $ready, ">", "/run/systemd/ready"); close $ready; $SIG{ALRM} = sub { exit 3 }; alarm 60;
recv($s, my $data, 65536, 0); print $data;`;
  // A mount namespace of its own: this host may have a journal, or none.
  const script = `mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/journal || exit 4
perl -e "$1" & while [ ! -e /run/systemd/ready ]; do sleep 0.05; done
"$2" --input-type=module -e "$3" && wait`;
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-c', script, 'sh', listen, process.execPath, program],
    { encoding: 'utf8', timeout: 90_000 },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /\{"ok":true\}/);
  for (const line of journalLines(entry, { facility: 'cron' }).filter((each) => !each.startsWith('SYSLOG_PID=')))
    assert.ok(`\n${stdout}`.includes(`\n${line}\n`), `${line} in ${stdout}`);
});
