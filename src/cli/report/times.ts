/** What is installed for a job, when it starts next by that, and whether it should have started already. */
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { type ClockRule, clockRule, nextStart } from '../../report/clock/clock-ticks.ts';
import { overdueOf } from '../../report/clock/overdue.ts';
import { pauseOf, readPauses } from '../../run/pause/pause.ts';
import { readAccount } from '../../run/tick/account.ts';
import { startsInHistory } from '../../run/tick/missed.ts';
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { files } from '../../system/file/files.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { clock } from '../../system/time/clock.ts';
import { defined } from '../../text/defined.ts';
import { dayMs } from '../../zone/zone.ts';
import { clockReader } from '../crontab/installed.ts';
import { realHistory } from '../frame/host.ts';
import { delayOf } from '../frame/splay.ts';
import { machineZones } from '../frame/tick-zones.ts';
import type { Times } from './snapshots.ts';

/** Since when the schedule of a job owes runs; none where only a boot or a person starts it. */
function expectedSince({ schedule, path: file, enabled }: Job): number | undefined {
  return schedule === undefined || !enabled ? undefined : files.facts(file)?.ctimeMs;
}

/** Thousands of jobs share a few schedules. */
function rememberedPeriods() {
  const known = new Map<string, number | undefined>();
  return ({ job: { schedule } }: ClockRule, nowMs: number) => {
    if (schedule === undefined) return undefined;
    if (!known.has(schedule.text)) known.set(schedule.text, longestGapMs(schedule, Math.floor(nowMs / dayMs)));
    return known.get(schedule.text);
  };
}

export function timesOf(config: Config): Times {
  const { stateDirectory } = config;
  const history = realHistory(config);
  const zones = machineZones(stateDirectory);
  const pauses = readPauses(stateFiles(stateDirectory));
  const claims = tickClaims(stateDirectory);
  const nowMs = clock.nowMs();
  const clockOf = clockReader(config);
  const periodOf = rememberedPeriods();
  return (job) => {
    const facts = clockOf(job);
    const rule = clockRule(job, facts);
    if (rule === undefined || job.service !== undefined) return { clock: facts };
    const delayMs = delayOf(job);
    // What nobody has seen run is waited for from when cron has had its line.
    const changedMs = Math.max(files.facts(job.path)?.ctimeMs ?? nowMs, clockOf.installedMs(job.slug));
    const account = readAccount(job, claims, { nowMs, changedMs });
    // A line of other times owes nothing by the file's.
    const isWaitedFor = facts.line === 'in-sync' || facts.line === 'unknown';
    const overdue = isWaitedFor
      ? overdueOf(job, {
          ...{ account, nowMs, changedMs, pauses, zones, delayMs },
          hasStart: startsInHistory(job, { history, zones }),
        })
      : undefined;
    const nextMs = nextStart(rule, nowMs, zones);
    const paused = pauseOf(job, pauses, nowMs);
    const isHeld = !job.enabled || (paused !== undefined && paused.untilMs === undefined);
    const afterPauseMs = paused?.untilMs === undefined ? nextMs : nextStart(rule, paused.untilMs - 1, zones);
    const dueMs = isHeld ? undefined : (overdue?.tickMs ?? afterPauseMs);
    return {
      clock: facts,
      ...(dueMs !== undefined && { dueMs: dueMs + delayMs }),
      ...defined({ periodMs: periodOf(rule, nowMs), expectedSinceMs: expectedSince(job) }),
      ...(nextMs !== undefined && { nextMs: nextMs + delayMs }),
      ...(overdue !== undefined && { overdue }),
    };
  };
}
