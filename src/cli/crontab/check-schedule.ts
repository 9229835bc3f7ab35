/** The full check of a schedule and its zone on this host: can cron read it, and does it mean what its author probably meant. */
import { validateSchedule } from '../../schedule/cron-validate.ts';
import type { ExpressionAnswer } from '../../schedule/expression.ts';
import { lintClockChanges } from '../../schedule/lint-clock-changes.ts';
import { clock } from '../../system/time/clock.ts';
import { findZone, hostZone, zoneNames } from '../../system/time/zones.ts';
import { judgeZone, type ZoneRemark } from '../../zone/names.ts';

/** Thousands of jobs share some hundreds of schedules, so each answer is kept, for each zone. */
export function scheduleChecker(): (text: string, timeZone?: string) => ExpressionAnswer {
  const answers = new Map<string, ExpressionAnswer>();
  const afterMs = clock.nowMs();
  return (text, timeZone) => {
    const key = JSON.stringify([text, timeZone]);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = validateSchedule(text);
    const zone = timeZone === undefined ? hostZone() : findZone(timeZone);
    // A zone that nobody knows has no clock changes, and is a problem of its own.
    const whole: ExpressionAnswer =
      answer.ok && zone !== undefined
        ? { ...answer, warnings: [...answer.warnings, ...lintClockChanges(answer.expression, { zone, afterMs })] }
        : answer;
    answers.set(key, whole);
    return whole;
  };
}

export function checkZone(name: string): ZoneRemark | undefined {
  return judgeZone(name, { has: (other) => findZone(other) !== undefined, names: once(zoneNames) });
}

function once(list: () => readonly string[]): () => readonly string[] {
  let known: readonly string[] | undefined;
  return () => {
    known ??= list();
    return known;
  };
}
