/** The full check of a schedule and its zone on this host: can cron read it, and does it mean what its author probably meant. */
import { validateSchedule } from '../../schedule/cron-validate.ts';
import type { ExpressionAnswer } from '../../schedule/expression.ts';
import { lintClockChanges } from '../../schedule/lint-clock-changes.ts';
import { clock } from '../../system/clock.ts';
import { hostZone, isZone } from '../../system/zone.ts';
import { nearest } from '../../yaml/suggest.ts';

/** Thousands of jobs share some hundreds of schedules, so each answer is kept. */
export function scheduleChecker(): (text: string) => ExpressionAnswer {
  const answers = new Map<string, ExpressionAnswer>();
  const host = { zone: hostZone(), afterMs: clock.nowMs() };
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = validateSchedule(text);
    const whole: ExpressionAnswer = answer.ok
      ? { ...answer, warnings: [...answer.warnings, ...lintClockChanges(answer.expression, host)] }
      : answer;
    answers.set(text, whole);
    return whole;
  };
}

/** What is wrong with the name of a zone, behind the name of the key. */
export function checkZone(name: string): string | undefined {
  if (isZone(name)) return undefined;
  const guess = nearest(name, Intl.supportedValuesOf('timeZone'));
  return `names no time zone: "${name}"${guess === undefined ? '; it takes names such as Europe/Berlin' : `; did you mean "${guess}"?`}`;
}
