/** Says for a job what is installed, when that starts it next, and whether a start is overdue. */

import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { clockRule, nextStart } from '../../report/clock/clock-ticks.ts';
import { overdueOf } from '../../report/clock/overdue.ts';
import { type Pause, pauseOf, readPauses } from '../../run/pause/pause.ts';
import { readAccount } from '../../run/tick/account.ts';
import { startsInHistory } from '../../run/tick/missed.ts';
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { nextTick } from '../../schedule/ticks.ts';
import { files } from '../../system/file/files.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { clock } from '../../system/time/clock.ts';
import { defined } from '../../text/defined.ts';
import { dayMs, type Zones } from '../../zone/zone.ts';
import { clockReader } from '../crontab/installed.ts';
import { realHistory } from '../frame/host.ts';
import { delayOf } from '../frame/splay.ts';
import { hostZones } from '../frame/zones.ts';
import type { Times } from './snapshots.ts';

/** The next tick that nothing holds back. */
function nextDue(
  job: Job,
  paused: Pause | undefined,
  { nowMs, zones }: { readonly nowMs: number; readonly zones: Zones },
): number | undefined {
  if (!job.enabled || (paused !== undefined && paused.untilMs === undefined)) return undefined;
  return nextTick(job, paused?.untilMs === undefined ? nowMs : paused.untilMs - 1, zones)?.tickMs;
}

/** Since when the schedule of a job owes runs: its file came or was changed then. */
function expectedSince({ schedule, path: file, enabled }: Job): number | undefined {
  return schedule === undefined || !enabled ? undefined : files.facts(file)?.ctimeMs;
}

/** Thousands of jobs share a few schedules. */
function rememberedPeriods() {
  const known = new Map<string, number | undefined>();
  return ({ schedule, enabled }: Job, nowMs: number) => {
    if (schedule === undefined || !enabled) return undefined;
    if (!known.has(schedule.text)) known.set(schedule.text, longestGapMs(schedule, Math.floor(nowMs / dayMs)));
    return known.get(schedule.text);
  };
}

export function timesOf(config: Config): Times {
  const { stateDirectory } = config;
  const history = realHistory(config);
  const zones = hostZones(stateDirectory);
  const pauses = readPauses(stateFiles(stateDirectory));
  const claims = tickClaims(stateDirectory);
  const nowMs = clock.nowMs();
  const clockOf = clockReader(config);
  const periodOf = rememberedPeriods();
  return (job) => {
    const facts = clockOf(job);
    const rule = clockRule(job, facts);
    if (job.service !== undefined) return { clock: facts };
    const delayMs = delayOf(job);
    // A job that has never run is waited for from when cron got its line.
    const changedMs = Math.max(files.facts(job.path)?.ctimeMs ?? nowMs, clockOf.installedMs(job.slug));
    const account = readAccount(job, claims, { nowMs, changedMs });
    const late = overdueOf(job, {
      ...{ account, nowMs, changedMs, pauses, zones, delayMs },
      hasStart: startsInHistory(job, { history, zones }),
    });
    // Where cron has no line of these times, the listing says that instead.
    const isWaitedFor = rule !== undefined && (facts.line === 'in-sync' || facts.line === 'unknown');
    const nextMs = rule && nextStart(rule, nowMs, zones);
    const dueMs = late?.tickMs ?? nextDue(job, pauseOf(job, pauses, nowMs), { nowMs, zones });
    return {
      clock: facts,
      ...defined({
        nextMs: nextMs === undefined ? undefined : nextMs + delayMs,
        dueMs: dueMs === undefined ? undefined : dueMs + delayMs,
        periodMs: periodOf(job, nowMs),
        expectedSinceMs: expectedSince(job),
        overdue: isWaitedFor ? late : undefined,
      }),
    };
  };
}
