/** Schedules as tests need them: parsed, or with all that a full check says. */
import assert from 'node:assert/strict';
import { problemsOfCronValidate } from '../../src/schedule/cron-validate.ts';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';
import { lintExpression } from '../../src/schedule/lint.ts';
import type { ScheduleProblem } from '../../src/schedule/term.ts';

/** A schedule that cron would understand. */
export function expression(text: string): Expression {
  const answer = parseExpression(text);
  assert.ok(answer.ok, `${text}: ${answer.ok ? '' : answer.problems.map(({ message }) => message).join('; ')}`);
  return answer.expression;
}

export type FullAnswer =
  | { readonly ok: true; readonly expression: Expression; readonly warnings: readonly ScheduleProblem[] }
  | { readonly ok: false; readonly problems: readonly ScheduleProblem[] };

/** Both parsers and the warnings, as cron-generate checks a schedule. */
export function checkSchedule(text: string): FullAnswer {
  const answer = parseExpression(text);
  if (!answer.ok) return answer;
  const problems = problemsOfCronValidate(answer.expression);
  if (problems.length > 0) return { ok: false, problems };
  return { ...answer, warnings: lintExpression(answer.expression) };
}
