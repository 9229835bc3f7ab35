/** The record of a tick: the run that had it, or the entry that says why there was none. */
import { type Outcome, outcomeWords } from '../../run/outcome/outcome.ts';
import { isOver } from '../../run/pause/pause.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { minuteMs } from '../../zone/zone.ts';
import { type Advice, advise, changing, looking } from '../advice.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import type { Evidence } from './evidence.ts';
import { failureAdvice } from './failure.ts';
import type { Finding } from './finding.ts';
import { resumeAdvice } from './remedies.ts';

/** Cron wakes once a minute, and run-job takes a moment to start. */
const lateMs = 1.5 * minuteMs;

/**
 * The run of the tick: of several records the one that started, then one that says more than that
 * the tick was claimed.
 */
export function runOfTick({ ticks, runs, askedMs, job }: Evidence): RunSnapshot | undefined {
  const { tickMs } = ticks;
  const found =
    tickMs === undefined ? runs.filter((run) => isNear(run, askedMs)) : runs.filter((run) => isOf(run, tickMs));
  if (found.length === 0 && tickMs !== undefined) {
    const untilMs = Math.min(ticks.afterMs ?? Number.POSITIVE_INFINITY, tickMs + (job?.delayMs ?? 0) + lateMs);
    for (const run of runs) if (isUntoldTick(run, tickMs, untilMs)) found.push(run);
  }
  return found.sort((a, b) => rank(b.outcome) - rank(a.outcome))[0];
}

/** True if cron called run-job for the tick: then it had the line, whatever became of the run. */
export function hasStart(evidence: Evidence): boolean {
  const run = runOfTick(evidence);
  return evidence.claim !== undefined || (run?.trigger?.by === 'clock' && run.outcome?.kind !== 'missed');
}

/**
 * True for a run by the clock at the time of the tick without a tick on record, as old versions
 * wrote it, or a cron that was late.
 */
function isUntoldTick({ trigger, tick, startedMs }: RunSnapshot, tickMs: number, untilMs: number): boolean {
  return trigger?.by === 'clock' && tick === undefined && startedMs >= tickMs && startedMs < untilMs;
}

function isOf({ tick, outcome }: RunSnapshot, tickMs: number): boolean {
  if (outcome?.kind === 'missed') return outcome.tickMs === tickMs;
  return tick?.tickMs === tickMs;
}

function isNear({ startedMs }: RunSnapshot, askedMs: number | undefined): boolean {
  return askedMs !== undefined && startedMs >= askedMs - lateMs && startedMs < askedMs + lateMs;
}

function rank(outcome: Outcome | undefined): number {
  if (outcome?.kind === 'missed') return 0;
  if (outcome?.kind === 'skipped') return outcome.reason === 'claimed' ? 1 : 2;
  return outcome?.kind === 'not-started' ? 3 : 4;
}

/** A tick that is on record as missed is explained by what follows, not by the record. */
export function fateFinding(run: RunSnapshot, evidence: Evidence): Finding {
  const { hostZone } = evidence;
  const { outcome, words } = run;
  const about = 'history';
  const at = wallTime(run.startedMs, hostZone);
  if (outcome?.kind === 'skipped')
    return {
      about,
      is: 'stops',
      words: `run-job was called at ${at} and ${words}`,
      advice: skipAdvice(run, evidence),
    };
  if (outcome?.kind === 'not-started') {
    const called = `run-job was called at ${at} and ${words}`;
    return { about, is: 'stops', words: called, advice: failureAdvice(run, evidence) };
  }
  if (outcome?.kind === 'missed') return { about, is: 'doubt', words: `the tick ${outcomeWords(outcome)}` };
  return { about, is: 'well', words: `run ${run.run} started at ${at} and ${words}` };
}

/** A run that took the tick and was gone before it had written anything. */
export function claimFinding({ claim, hostZone, slug, forms }: Evidence): readonly Finding[] {
  if (claim === undefined) return [];
  const words = `run ${claim.run} took the tick at ${wallTime(claim.atMs, hostZone)} and left no other trace: it was killed, or the machine went down`;
  return [{ about: 'history', is: 'stops', words, advice: [advise('run it now', changing(forms, `start ${slug}`))] }];
}

function skipAdvice({ outcome }: RunSnapshot, evidence: Evidence): readonly Advice[] {
  const { slug, forms, file, crontab, seen } = evidence;
  if (outcome?.kind !== 'skipped') return [];
  const { reason } = outcome;
  const isIdle = seen?.activity.is === 'idle' && seen.next === undefined;
  const startNow = advise('run it now', changing(forms, `start ${slug}`));
  switch (reason) {
    case 'running': {
      const longer = advise(
        `if a run may take that long, write "cron_collision_policy: QUEUE" or "allow_overtime: true" into ${file.path}`,
      );
      if (isIdle) return [advise('that run has ended; run it now', changing(forms, `start ${slug}`)), longer];
      return [
        advise('if that run should have ended, stop it, and give the job a "timeout"', changing(forms, `stop ${slug}`)),
        longer,
      ];
    }
    case 'locked': {
      const holders = (seen?.locks ?? []).flatMap(({ heldBy }) => heldBy?.job ?? []);
      if (holders.length === 0) return [advise('the lock is free now; run it', changing(forms, `start ${slug}`))];
      const looks = [...new Set(holders)].map((job) => looking(forms, `status ${job}`));
      return [advise('wait for the job that has the lock', ...looks)];
    }
    case 'queue-full':
      if (isIdle) return [startNow];
      return [
        advise(
          'see which runs wait; the schedule asks for more runs than there is time for',
          looking(forms, `status ${slug}`),
        ),
      ];
    case 'deadline':
      return [startNow, advise(`or allow more time with "start_deadline" in ${file.path}`)];
    case 'claimed':
      return [advise('do nothing: another run had this tick, so the job is not run twice')];
    case 'unclaimed':
      return [advise('see whether etcd answers this host', looking(forms, 'doctor')), startNow];
    case 'not-due':
      return [
        advise(
          `do nothing if "schedule" and "time_zone" in ${file.path} are right; after a change of them`,
          crontab.command,
        ),
      ];
    case 'paused': {
      const holding = evidence.pauses.filter((pause) => !isOver(pause, evidence.nowMs));
      if (holding.length > 0) return resumeAdvice(holding, evidence);
      return [advise('it is not paused now; run it', changing(forms, `start ${slug}`))];
    }
    default:
      return reason satisfies never;
  }
}
