/**
 * The attempts of one run and the waits between them: one lock, one log, until one succeeds or
 * `max_task_failures` and `backoff` allow no other.
 */
import type { Backoff, Policy } from '../job/keys/policy.ts';
import type { HistoryStore } from '../system/types/state.ts';
import { durationWords } from '../text/duration.ts';
import { type CommandsHost, type CommandsOrder, type CommandsResult, runCommands } from './commands.ts';
import type { Tick } from './history/event.ts';
import { rotateHistory, writeEvent } from './history/record.ts';
import { type Outcome, outcomeWords, statusOf } from './outcome/outcome.ts';
import type { SuccessRules } from './outcome/success-rules.ts';
import { isUnrecoverable } from './pause/circuit.ts';

export interface AttemptsOrder extends CommandsOrder {
  readonly startedMs: number;
  readonly tick?: Tick;
}

export interface AttemptsHost extends CommandsHost {
  readonly history: HistoryStore;
  readonly rules: SuccessRules;
  /** Returns the reason, in words, if the job has been paused; else `undefined`. */
  readonly paused: () => string | undefined;
}

export interface AttemptsResult extends CommandsResult {
  /** Number of attempts. */
  readonly attempt: number;
  /** Set if the run took longer than `warn_duration`; in words. */
  readonly warning?: string;
}

/** Interval at which a run between two attempts looks for a pause. */
const pausePollMs = 5000;

export async function runAttempts(order: AttemptsOrder, host: AttemptsHost): Promise<AttemptsResult> {
  const { clock } = host;
  const beganMs = clock.monotonicMs();
  const warning = warnLater(order, host);
  let swept = 0;
  for (let number = 1; ; number += 1) {
    const end = await runAttempt(order, host);
    swept += end.swept;
    const outcome = await waitForNext(end, number, order, host);
    if (outcome === undefined) continue;
    const words = warning();
    return {
      ...{ ...end, outcome, swept, attempt: number, durationMs: clock.monotonicMs() - beganMs },
      ...(words === undefined ? {} : { warning: words }),
    };
  }
}

async function runAttempt(order: AttemptsOrder, host: AttemptsHost): Promise<CommandsResult> {
  const { timeoutSeconds } = order.job;
  if (timeoutSeconds > 0) {
    host.lock.record({ deadlineSinceBootMs: host.clock.sinceBootMs() + timeoutSeconds * 1000 });
  }
  host.rules.begin();
  const end = await runCommands(order, host);
  return { ...end, outcome: host.rules.judge(end.outcome, end.durationMs) };
}

/**
 * Returns `undefined` when it is time for the next attempt, or the outcome of the run if there is
 * no other one.
 */
async function waitForNext(
  end: CommandsResult,
  number: number,
  { job, run, startedMs, tick }: AttemptsOrder,
  host: AttemptsHost,
): Promise<CommandsResult['outcome'] | undefined> {
  const { clock, log, watch } = host;
  const { outcome } = end;
  const afterMs = nextAttemptAfterMs(number, outcome, end.survivors.length > 0, job.policy);
  if (watch.stopped !== undefined) return outcome;
  if (afterMs === undefined) return outcome;
  const words = `${attemptWords(number, job.policy)} ${outcomeWords(outcome)}`;
  const nextMs = clock.nowMs() + afterMs;
  if (tick !== undefined && nextMs > lastStartMs(job, startedMs, tick)) {
    log.note(`${words}; there is no time for another one within start_deadline`);
    return outcome;
  }
  log.note(`${words}; the next one follows in ${durationWords(afterMs / 1000)}`);
  const failed = { event: 'attempt-failed', run, atMs: clock.nowMs(), attempt: number, outcome, nextMs } as const;
  writeEvent(job.slug, host, failed);
  const setAside = rotateHistory(job.slug, host, { run, atMs: clock.nowMs() });
  if (setAside !== undefined) log.note(setAside);
  const endMs = clock.monotonicMs() + afterMs;
  for (;;) {
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs > 0) await watch.rest(Math.min(leftMs, pausePollMs), clock);
    if (watch.stopped !== undefined) return watch.stopped;
    const paused = host.paused();
    if (paused !== undefined) {
      log.note(`no further attempt: ${paused}`);
      return outcome;
    }
    if (clock.monotonicMs() >= endMs) return undefined;
  }
}

/**
 * The latest moment at which an attempt for a tick may begin. A run that was caught up after its
 * deadline has the same time again from its own start.
 */
function lastStartMs({ timing }: AttemptsOrder['job'], startedMs: number, { tickMs }: Tick): number {
  if (timing.startDeadlineSeconds === undefined) return Number.POSITIVE_INFINITY;
  const deadlineMs = timing.startDeadlineSeconds * 1000;
  return (tickMs + deadlineMs < startedMs ? startedMs : tickMs) + deadlineMs;
}

/**
 * Notes in the log when the run takes longer than `warn_duration`. Returns a function for the end
 * of the run, which stops the timer and returns the warning, if any.
 */
function warnLater({ job }: AttemptsOrder, { clock, log }: AttemptsHost): () => string | undefined {
  const { warnDurationSeconds } = job.policy;
  if (warnDurationSeconds === undefined) return () => undefined;
  const words = `it took longer than ${durationWords(warnDurationSeconds)} (warn_duration)`;
  let isLate = false;
  const timer = clock.after(warnDurationSeconds * 1000, () => {
    isLate = true;
    log.note(`${job.slug} has been running for ${durationWords(warnDurationSeconds)} (warn_duration) and continues`);
  });
  return () => {
    timer.cancel();
    return isLate ? words : undefined;
  };
}

/**
 * Milliseconds until the next attempt after attempt `number` (from 1); `undefined` when there is
 * none. While processes that could not be killed live, another attempt would run beside them.
 */
export function nextAttemptAfterMs(
  number: number,
  outcome: Outcome,
  hasSurvivors: boolean,
  policy: Policy,
): number | undefined {
  if (statusOf(outcome) !== 'failure' || outcome.kind === 'stopped' || hasSurvivors) return undefined;
  if (number >= policy.maxFailures || isUnrecoverable(outcome, policy)) return undefined;
  return backoffMs(policy.backoff, number);
}

/** The wait after this many failed attempts. */
export function backoffMs({ initialSeconds, factor, maxSeconds }: Backoff, failed: number): number {
  // The power may be infinite, and 0 × Infinity is NaN, so a zero delay returns first.
  return initialSeconds === 0 ? 0 : Math.min(initialSeconds * factor ** (failed - 1), maxSeconds) * 1000;
}

/** "attempt 2 of 3", "attempt 7" where there is no limit. */
export function attemptWords(number: number, { maxFailures }: Pick<Policy, 'maxFailures'>): string {
  return `attempt ${number}${Number.isFinite(maxFailures) ? ` of ${maxFailures}` : ''}`;
}
