/**
 * Asks cron-validate about a schedule, so that two parsers must accept it before a line reaches the
 * crontab. It is a module of its own because it loads yup (12 ms), which a run of a validated job
 * should not wait for.
 */
import * as cronValidateModule from 'cron-validate';
import type { Expression } from './expression.ts';
import { isNickname } from './nickname.ts';
import type { ScheduleProblem } from './term.ts';

type CronValidate = (
  text: string,
  options: { readonly preset: string; readonly override: { readonly useSeconds: boolean } },
) => { isValid(): boolean; getError(): readonly string[] };

/**
 * Returns the function in a CommonJS package with `exports.default`, which Node wraps once more
 * than esbuild does.
 */
function unwrap(module: unknown): CronValidate {
  let inner = module;
  while (typeof inner === 'object' && inner !== null && 'default' in inner) inner = inner.default;
  if (typeof inner !== 'function') throw new Error('cron-validate exports no function');
  return inner as CronValidate;
}

const cronValidate = unwrap(cronValidateModule);

/**
 * Returns the problems that cron-validate finds in a schedule that our parser accepts. Words such
 * as `@daily` are not asked about: cron-validate knows them under other settings only.
 */
export function problemsOfCronValidate({ written, text }: Expression): readonly ScheduleProblem[] {
  if (isNickname(written)) return [];
  // Only this preset counts days and months from 1, has the weekdays 0-7 and knows three-letter
  // names. Its seconds are switched off.
  const answer = cronValidate(text, { preset: 'npm-cron-schedule', override: { useSeconds: false } });
  return answer.isValid() ? [] : answer.getError().map((message) => ({ message, column: 1 }));
}
