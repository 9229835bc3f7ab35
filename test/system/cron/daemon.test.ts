import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { findCronDaemon } from '../../../src/system/cron/daemon.ts';
import { readSystemLog } from '../../../src/system/cron/system-log.ts';
import { bootTimeMs, suspendedMs } from '../../../src/system/time/boot-time.ts';
import { until } from '../../cli/house.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'cron-daemon-'));
after(() => rmSync(directory, { recursive: true }));

test('a process named cron is found, with its start and whether it is suspended', async () => {
  const program = path.join(directory, 'cron');
  symlinkSync(spawnSync('sh', ['-c', 'command -v sleep'], { encoding: 'utf8' }).stdout.trim(), program);
  const before = findCronDaemon();
  const earliestMs = Date.now();
  // What waits for the end of a job, and lives on when cron has died.
  const waiter = spawn(program, ['60'], { argv0: '/usr/sbin/CRON' });
  await new Promise((resolve) => waiter.once('spawn', resolve));
  // The kernel closes the pipe that Node waits for before the new command line can be read.
  await until('its command line', () => readFileSync(`/proc/${waiter.pid}/cmdline`).length > 0);
  if (before.is !== 'running') assert.deepEqual(findCronDaemon(), before);
  const child = spawn(program, ['60']);
  await new Promise((resolve) => child.once('spawn', resolve));
  try {
    const found = findCronDaemon();
    // Where a real cron runs, that one is the eldest.
    if (before.is === 'running') return assert.deepEqual(found, before);
    assert.equal(found.is, 'running');
    assert.equal(found.is === 'running' && found.pid, child.pid);
    // The kernel counts in hundredths of a second, and the host's clock may be corrected meanwhile.
    assert.ok(found.is === 'running' && found.sinceMs > earliestMs - 5000 && found.sinceMs <= Date.now() + 5000);
    child.kill('SIGSTOP');
    await until('it to be stopped', () => {
      const now = findCronDaemon();
      return now.is === 'running' && now.stopped;
    });
  } finally {
    waiter.kill('SIGKILL');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  }
});

test('the host was booted before now', () => {
  assert.ok(bootTimeMs() < Date.now());
  assert.ok(suspendedMs() >= 0);
});

test('the first usual file that mentions cron is read; without one, the journal is', () => {
  const syslog = path.join(directory, 'syslog');
  writeFileSync(syslog, '2026-11-25T10:30:01Z host CRON[1]: (svc) CMD (x)\n');
  const empty = path.join(directory, 'empty');
  writeFileSync(empty, 'nothing\n');
  const span = { fromMs: 0, untilMs: 1000 };
  const answer = readSystemLog(span, [path.join(directory, 'absent'), empty, directory, syslog]);
  assert.deepEqual([answer.is, answer.is === 'read' && answer.source], ['read', syslog]);
  // Of 1970 no journal has anything.
  const missing = readSystemLog(span, []);
  assert.match(
    missing.is === 'missing' ? missing.reason : '',
    /no syslog file has a word of it, and (there is no journalctl|the journal shows you nothing of it)/,
  );
});
