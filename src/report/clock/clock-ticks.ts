/**
 * The times at which cron starts a job now: by the installed line, which may differ from the job
 * file.
 */

import { expressionOf } from '../../schedule/expression.ts';
import { eachTick, nextTick, type Scheduled } from '../../schedule/ticks.ts';
import { defined } from '../../text/defined.ts';
import { dayMs, minuteMs, type Zones } from '../../zone/zone.ts';
import type { ClockFacts } from './installed.ts';

export interface ClockRule {
  readonly job: Scheduled;
  /**
   * The installed line, if it was written with `--due`: when it fires, run-job starts the job if it
   * has a tick that is at most ten minutes old.
   */
  readonly line?: Scheduled;
}

const lateDueMs = 10 * minuteMs;
/** The end of the search if the minutes of a line never meet the job's ticks. */
const farMs = 800 * dayMs;
const mostMismatches = 1000;

/** Absent: there is no line, or cron does not read it. */
export function clockRule(job: Scheduled, clock: ClockFacts): ClockRule | undefined {
  const { line, schedule, due } = clock;
  if (line === 'missing' || line === 'none' || clock.crontab === 'ignored') return undefined;
  const own = { ...defined({ schedule: job.schedule }), timing: job.timing };
  if (line === 'in-sync' || line === 'unknown' || schedule === undefined) return { job: own };
  const ofLine = scheduledBy(schedule);
  return due ? { job: own, line: ofLine } : { job: ofLine };
}

/** The starts of a line in the crontab, which cron reads in the host's zone. */
export function scheduledBy(line: string): Scheduled {
  const schedule = expressionOf(line);
  return { timing: {}, ...defined({ schedule }) };
}

/** Ascending; none for starts after a boot. */
export function* eachStart(
  { job, line }: ClockRule,
  span: { readonly afterMs: number; readonly untilMs?: number },
  zones: Zones,
): Generator<number> {
  if (line === undefined) return yield* eachTick(job, span, zones);
  const endMs = Math.min(span.untilMs ?? Number.POSITIVE_INFINITY, span.afterMs + farMs);
  let lastMs: number | undefined;
  let mismatches = 0;
  for (const tickMs of eachTick(job, { afterMs: span.afterMs, untilMs: endMs }, zones)) {
    const startMs = nextTick(line, tickMs - 1, zones)?.tickMs;
    if (startMs === undefined) return;
    if (startMs - tickMs >= lateDueMs || startMs === lastMs) {
      if (++mismatches > mostMismatches) return;
      continue;
    }
    mismatches = 0;
    yield startMs;
    lastMs = startMs;
  }
}

export function nextStart(rule: ClockRule, afterMs: number, zones: Zones): number | undefined {
  if (rule.line === undefined) return nextTick(rule.job, afterMs, zones)?.tickMs;
  for (const startMs of eachStart(rule, { afterMs }, zones)) return startMs;
  return undefined;
}
