/**
 * The checks of a schedule and its zone that need this host: can cron read it, and what do the next
 * clock changes do to it?
 */
import type { ScheduleProblems } from '../../job/audit/schedule.ts';
import { problemsOfCronValidate } from '../../schedule/cron-validate.ts';
import type { Expression } from '../../schedule/expression.ts';
import { lintClockChanges } from '../../schedule/lint-clock-changes.ts';
import { clock } from '../../system/time/clock.ts';
import { findZone, hostZone, zoneNames } from '../../system/time/zones.ts';
import { judgeZone, type ZoneProblem } from '../../zone/names.ts';

/** Thousands of jobs share some hundreds of schedules, so each answer is kept, for each zone. */
export function scheduleChecker(): (schedule: Expression, timeZone?: string) => ScheduleProblems {
  const answers = new Map<string, ScheduleProblems>();
  const afterMs = clock.nowMs();
  return (schedule, timeZone) => {
    const key = JSON.stringify([schedule.written, timeZone]);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const errors = problemsOfCronValidate(schedule);
    const zone = timeZone === undefined ? hostZone() : findZone(timeZone);
    // A zone that this host does not have has no clock changes, and is a problem of its own.
    const warnings = zone === undefined ? [] : lintClockChanges(schedule, { zone, afterMs });
    const answer = { errors, warnings };
    answers.set(key, answer);
    return answer;
  };
}

export function checkZone(name: string): ZoneProblem | undefined {
  return judgeZone(name, { has: (other) => findZone(other) !== undefined, names: once(zoneNames) });
}

function once(list: () => readonly string[]): () => readonly string[] {
  let known: readonly string[] | undefined;
  return () => {
    known ??= list();
    return known;
  };
}
