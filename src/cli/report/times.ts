/** Says for a job what is installed, when that starts it next, and whether a start is overdue. */

import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { clockRule, nextStart } from '../../report/clock/clock-ticks.ts';
import type { Installed } from '../../report/clock/installed.ts';
import { startOf } from '../../report/clock/overdue.ts';
import { settledAccount } from '../../report/clock/settled.ts';
import type { RunRecord } from '../../run/history/run-record.ts';
import { isAbout, type Pause } from '../../run/pause/pause.ts';
import { readAccount, type TickAccount } from '../../run/tick/account.ts';
import { startsInHistory } from '../../run/tick/missed.ts';
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { files } from '../../system/file/files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { clock } from '../../system/time/clock.ts';
import { defined } from '../../text/defined.ts';
import { dayMs, type Zones } from '../../zone/zone.ts';
import { clockReader } from '../crontab/installed.ts';
import { realHistory } from '../frame/host.ts';
import { delayOf } from '../frame/splay.ts';
import { hostZones } from '../frame/zones.ts';
import { jobChangedMs } from '../run/job-changed.ts';
import { pausesOf } from './pauses.ts';
import type { Times } from './snapshots.ts';

/**
 * The time from which on the schedule of a job owes runs: its file came or was changed then, or a pause of it ended by itself. A pause that a person
 * ended is in the history.
 */
function expectedSince(
  job: Job,
  { fileMs, pauses, nowMs }: { readonly fileMs: number | undefined; pauses: readonly Pause[]; nowMs: number },
): number | undefined {
  const { schedule, enabled } = job;
  if (schedule === undefined || !enabled || fileMs === undefined) return undefined;
  const ends = pauses.flatMap(({ target, untilMs }) =>
    untilMs !== undefined && untilMs <= nowMs && isAbout(target, job) ? [untilMs] : [],
  );
  return ends.reduce((latest, one) => Math.max(latest, one), fileMs);
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

/**
 * The account without ticks of which this host can't know whether another one has started them: those
 * before its boot, and before the last one that it has asked for.
 */
function knownHere(job: Job, account: TickAccount, { bootMs }: Zones): TickAccount {
  if (job.pool?.claims === undefined) return account;
  const askedMs = [...account.claimed].reduce((latest, one) => Math.max(latest, one), 0);
  return { ...account, sinceMs: Math.max(account.sinceMs, askedMs, bootMs?.() ?? 0) };
}

/** `known` is what is installed, if it was read already. */
export function timesOf(config: Config, known?: Installed): Times {
  const { stateDirectory } = config;
  const history = realHistory(config);
  const zones = hostZones(stateDirectory);
  const { pauses } = pausesOf(config);
  const claims = tickClaims(stateDirectory);
  const nowMs = clock.nowMs();
  const clockOf = clockReader(config, known);
  const periodOf = rememberedPeriods();
  const timesOfJob = (job: Job, runs: readonly RunRecord[] = []): ReturnType<Times> => {
    const facts = clockOf(job);
    const rule = clockRule(job, facts);
    if (job.service !== undefined) return { clock: facts };
    const delayMs = delayOf(job);
    // Before its first run a job is expected since its line was written.
    const fileMs = files.facts(job.path)?.ctimeMs;
    const poolMs = job.pool === undefined ? 0 : jobChangedMs(job, config);
    const changedMs = Math.max(fileMs ?? nowMs, poolMs, clockOf.installedMs(job.slug));
    const settled =
      settledAccount(job, { runs, nowMs, changedMs, zones }) ?? readAccount(job, claims, { nowMs, changedMs });
    const account = knownHere(job, settled, zones);
    const question = { account, nowMs, changedMs, pauses, zones, delayMs };
    const { dueMs, overdue } = startOf(job, { ...question, hasStart: startsInHistory(job, { history, zones }) });
    // If the line has other times, the file's ticks are not expected.
    const isWaitedFor = rule !== undefined && (facts.line === 'in-sync' || facts.line === 'unknown');
    // Where no cron runs, or cron does not read the line, there is no next start to name.
    const nextMs = facts.starts === false ? undefined : rule && nextStart(rule, nowMs, zones);
    return {
      clock: facts,
      ...defined({
        nextMs: nextMs === undefined ? undefined : nextMs + delayMs,
        dueMs,
        periodMs: periodOf(job, nowMs),
        expectedSinceMs: expectedSince(job, { fileMs: fileMs && Math.max(fileMs, poolMs), pauses, nowMs }),
        overdue: isWaitedFor ? overdue : undefined,
      }),
    };
  };
  return Object.assign(timesOfJob, { installed: clockOf.installed });
}
