/** What is on record about a tick: the run that had it, or the line that says why there was none. */
import { type Outcome, outcomeWords, type SkipReason } from '../run/outcome.ts';
import { wallTime } from '../schedule/wall-time.ts';
import { minuteMs } from '../schedule/zone.ts';
import type { Evidence } from './evidence.ts';
import type { RunSnapshot } from './snapshot.ts';
import type { Finding } from './why.ts';

/** Cron wakes once a minute, and run-job takes a moment to start. */
const lateMs = 1.5 * minuteMs;

/** Of several records the one that started, then one that is more than the word that the tick was taken. */
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

/** Whether cron has called run-job for the tick: then it knew the line, whatever became of the run. */
export function hasStart(evidence: Evidence): boolean {
  const run = runOfTick(evidence);
  return evidence.claim !== undefined || (run?.trigger?.by === 'clock' && run.outcome?.kind !== 'missed');
}

/** Before there were ticks on record, and of a cron that came too late for one: a run by the clock at its time. */
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
export function fateFinding(run: RunSnapshot, { slug, hostZone }: Evidence): Finding {
  const { outcome, words } = run;
  const about = 'history';
  const at = wallTime(run.startedMs, hostZone);
  if (outcome?.kind === 'skipped')
    return {
      about,
      is: 'stops',
      words: `run-job was called at ${at} and ${words}`,
      advice: skipAdvice(outcome.reason, slug),
    };
  if (outcome?.kind === 'not-started') {
    const advice =
      outcome.code === 78
        ? `jobctl check shows every problem of the file; fix that, then: jobctl start ${slug}`
        : `fix that, then: jobctl start ${slug}`;
    return { about, is: 'stops', words: `run-job was called at ${at} and ${words}`, advice };
  }
  if (outcome?.kind === 'missed') return { about, is: 'doubt', words: `the tick ${outcomeWords(outcome)}` };
  return { about, is: 'well', words: `run ${run.run} started at ${at} and ${words}` };
}

/** A run that took the tick and was gone before it had written anything. */
export function claimFinding({ claim, hostZone, slug }: Evidence): readonly Finding[] {
  if (claim === undefined) return [];
  const words = `run ${claim.run} took the tick at ${wallTime(claim.atMs, hostZone)} and left no other trace: it was killed, or the machine went down`;
  return [{ about: 'history', is: 'stops', words, advice: `run it now: jobctl start ${slug}` }];
}

function skipAdvice(reason: SkipReason, slug: string): string {
  switch (reason) {
    case 'running':
      return `if it should have ended: jobctl stop ${slug}, and give it a "timeout"; if it may take that long: "cron_collision_policy: QUEUE", or "allow_overtime: true"`;
    case 'locked':
      return 'wait for the job that has the lock; jobctl status shows which jobs run';
    case 'queue-full':
      return `jobctl status ${slug} shows who runs; the schedule asks for more runs than there is time for`;
    case 'deadline':
      return `run it now: jobctl start ${slug}; or allow more time with "start_deadline"`;
    case 'claimed':
      return 'nothing: another run has had this tick, so the job is not run twice';
    case 'not-due':
      return 'nothing, if "schedule" and "time_zone" are as they are meant; else run cron-generate after a change';
    case 'paused':
      return `jobctl status ${slug} shows whether it is still paused, and what resumes it`;
    default:
      return reason satisfies never;
  }
}
