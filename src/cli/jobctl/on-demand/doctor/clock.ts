/** Checks the clock: a wrong one makes ticks come again, or not at all. */
import { spawnSync } from 'node:child_process';
import { advise } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { files } from '../../../../system/file/files.ts';
import { isExecutable } from '../../../../system/program/executable.ts';
import { clock } from '../../../../system/time/clock.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import { wallTime } from '../../../../zone/wall-time.ts';

const about = 'clock';

/** A time service may set the clock back a little. */
const aheadMs = 60_000;

/** Something that this host has seen, and the time of its clock then. */
type Seen = readonly [what: string, atMs: number];

/** `places`: files and directories that this host has written; `snapshots`: what ran on it. */
export function clockCheck(places: readonly string[], snapshots: readonly AnySnapshot[]): Check {
  const nowMs = clock.nowMs();
  const time = (ms: number) => wallTime(ms, hostZone());
  const written = places.map((place): Seen => [`${place} was changed`, files.facts(place)?.mtimeMs ?? 0]);
  const ran = snapshots.flatMap(({ slug, lastRun }): readonly Seen[] =>
    lastRun === undefined ? [] : [[`${slug} ran`, lastRun.endedMs ?? lastRun.startedMs]],
  );
  const latest = [...written, ...ran].reduce<Seen>((one, other) => (other[1] > one[1] ? other : one), ['', 0]);
  if (latest[1] > nowMs + aheadMs) {
    const words = `it stands at ${time(nowMs)}, but ${latest[0]} at ${time(latest[1])}`;
    return { about, is: 'warning', words, advice: [advise('set it if it is wrong', 'date')] };
  }
  if (isUnsynchronised())
    return {
      ...{ about, is: 'warning', words: `it stands at ${time(nowMs)}, and no time server keeps it right` },
      advice: [advise('let systemd do it, unless the host of this machine does', 'sudo timedatectl set-ntp true')],
    };
  return { about, is: 'ok', words: `it stands at ${time(nowMs)}` };
}

const timedatectl = '/usr/bin/timedatectl';
const answerMs = 2000;

/** True only where systemd says so; it can be asked without rights. */
function isUnsynchronised(): boolean {
  if (files.facts('/run/systemd/system') === undefined || !isExecutable(timedatectl)) return false;
  const { stdout } = spawnSync(timedatectl, ['show', '--property=NTPSynchronized', '--value'], {
    ...{ encoding: 'utf8', timeout: answerMs, killSignal: 'SIGKILL', cwd: '/', env: {} },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return stdout?.trim() === 'no';
}
