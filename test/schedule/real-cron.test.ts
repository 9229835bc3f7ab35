/**
 * Debian's real cron daemon lives through the night of a clock change at 200 times the speed, alone
 * with one file in a mount namespace of its own, and must run what `nextFires` says.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseExpression } from '../../src/schedule/expression.ts';
import { nextFires } from '../../src/schedule/next.ts';
import { minuteMs } from '../../src/zone/zone.ts';
import { zoneNamed } from '../fakes/zones.ts';

const speed = 200;

/** Debian keeps it in a directory of the architecture. */
const fakeTime = readdirSync('/usr/lib')
  .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root to give cron a namespace of its own';
  if (!existsSync('/usr/sbin/cron') || !existsSync('/var/lib/dpkg/info/cron.list'))
    return "Debian's cron is not installed";
  if (fakeTime === undefined) return 'libfaketime is not installed';
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? false : 'no mount namespace is allowed here';
}

interface Night {
  readonly zone: string;
  /** When cron is started. */
  readonly start: string;
  /**
   * The line with which the observation ends; no other line may run with it but that of every
   * minute.
   */
  readonly end: string;
  /** Line by line; the first must be the line that runs every minute. */
  readonly lines: readonly string[];
}

/** Runs of each line between the start and the last line, which ends the night. */
async function runsOfRealCron(night: Night): Promise<readonly number[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'real-cron-'));
  const log = path.join(directory, 'runs');
  const lines = [...night.lines, night.end];
  writeFileSync(log, '');
  mkdirSync(path.join(directory, 'cron.d'));
  const entries = lines.map((text, index) => `${text} root echo ${index} >> ${log}\n`);
  writeFileSync(path.join(directory, 'cron.d/night'), `SHELL=/bin/sh\nMAILTO=""\n${entries.join('')}`, { mode: 0o644 });
  const cron = startCron(directory, night);
  try {
    const runs = await untilLine(log, String(night.lines.length));
    return night.lines.map((_, index) => runs.filter((run) => run === String(index)).length);
  } finally {
    cron.kill('SIGKILL');
    if (cron.exitCode === null && cron.signalCode === null) await once(cron, 'exit');
    rmSync(directory, { recursive: true });
  }
}

/** `exec` all the way, so that the child is cron itself. */
function startCron(directory: string, { zone, start }: Night): ChildProcess {
  const offsetSeconds = Math.round((Date.parse(start) - Date.now()) / 1000);
  const script = `
    mount --bind ${directory}/cron.d /etc/cron.d && mount -t tmpfs none /var/spool/cron && mkdir /var/spool/cron/crontabs &&
    { [ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab; } && mount -t tmpfs none /run && touch /run/crond.reboot &&
    exec env TZ=${zone} LD_PRELOAD=${fakeTime} FAKETIME='${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s x${speed}' /usr/sbin/cron -f`;
  return spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], { stdio: 'ignore' });
}

async function untilLine(log: string, line: string): Promise<string[]> {
  const deadlineMs = Date.now() + 120_000;
  for (;;) {
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    if (lines.includes(line)) return lines;
    assert.ok(Date.now() < deadlineMs, `cron did not come to the end of the night; it ran ${lines.join(' ')}`);
    await pause(20);
  }
}

function runsForeseen({ zone, start, end, lines }: Night): readonly number[] {
  const afterMs = Date.parse(start);
  const untilMs = firesOf(end, { zone: zoneNamed(zone), afterMs, count: 1 })[0] ?? afterMs;
  return lines.map((text) => firesOf(text, { zone: zoneNamed(zone), afterMs, untilMs }).length);
}

function firesOf(text: string, window: Parameters<typeof nextFires>[1]): readonly number[] {
  const answer = parseExpression(text);
  assert.ok(answer.ok, text);
  return nextFires(answer.expression, window);
}

/**
 * A machine that stands still for 1.5 s makes cron believe that the clock was changed by five
 * minutes; the line of every minute shows it by the runs that it lacks or has twice, and the night
 * is lived through again.
 */
async function assertForeseen(night: Night): Promise<void> {
  const foreseen = runsForeseen(night);
  for (let nightsLeft = 3; ; nightsLeft--) {
    const seen = await runsOfRealCron(night);
    const isUndisturbed = Math.abs((seen[0] ?? 0) - (foreseen[0] ?? 0)) <= 1;
    if (!isUndisturbed && nightsLeft > 0) continue;
    assert.deepEqual(seen.slice(1), foreseen.slice(1));
    assert.ok(isUndisturbed, `${seen[0]} runs of the line of every minute, ${foreseen[0]} foreseen`);
    return;
  }
}

const lists = '0,5,10,15,20,25,30,35,40,45,50,55';

describe('a night with a real cron', { skip: missing(), concurrency: true }, () => {
  test('the real cron makes up for the times of a gap as foreseen', async () => {
    await assertForeseen({
      zone: 'Europe/Berlin',
      start: '2025-03-30T00:53:20Z',
      end: '8 3 * * *',
      lines: ['* * * * *', '30 2 * * *', '0,30 0-23 * * *', '*/5 * * * *', '*/30 2 * * *', '0 * * * *', '2 3 * * *'],
    });
  });

  test('the real cron treats the times that come twice as foreseen', async () => {
    await assertForeseen({
      zone: 'Australia/Lord_Howe',
      start: '2026-04-04T14:54:20Z',
      end: '8 2 * * *',
      lines: [
        '* * * * *',
        '57 1 * * *',
        `${lists} 0-23 * * *`,
        '*/5 * * * *',
        '*/10 1 * * *',
        '45 * * * *',
        '45 1 * * *',
      ],
    });
  });
});

test('the nights above show the difference between lists and steps', () => {
  const day = { zone: zoneNamed('Australia/Lord_Howe'), afterMs: Date.parse('2026-04-04T14:54Z') };
  const untilMs = day.afterMs + 44 * minuteMs;
  assert.equal(firesOf(`${lists} 0-23 * * *`, { ...day, untilMs }).length, 3);
  assert.equal(firesOf('*/5 * * * *', { ...day, untilMs }).length, 9);
});
