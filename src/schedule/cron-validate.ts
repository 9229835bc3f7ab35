/**
 * Asks cron-validate about a schedule before our own reading of it, so that two readers must agree before a line reaches the crontab.
 * It stands alone because it loads yup (12 ms), which a run of an already validated job need not wait for.
 */
import * as cronValidateModule from 'cron-validate';
import { type ExpressionAnswer, parseExpression } from './expression.ts';
import { isNickname } from './nickname.ts';

type CronValidate = (
  text: string,
  options: { readonly preset: string; readonly override: { readonly useSeconds: boolean } },
) => { isValid(): boolean; getError(): readonly string[] };

/** The package is CommonJS with an `exports.default`: Node wraps it once more than esbuild does. */
function unwrap(module: unknown): CronValidate {
  let inner = module;
  while (typeof inner === 'object' && inner !== null && 'default' in inner) inner = inner.default;
  if (typeof inner !== 'function') throw new Error('cron-validate exports no function');
  return inner as CronValidate;
}

const cronValidate = unwrap(cronValidateModule);

/** The full check of a schedule that a person wrote. Where both readers object, ours says it with a column and a way out. */
export function validateSchedule(text: string): ExpressionAnswer {
  // It knows the words of crontab(5) under other settings, and they are few enough to be known by heart.
  if (isNickname(text)) return parseExpression(text);
  const objections = cronValidateObjections(
    text
      .trim()
      .split(/[ \t]+/)
      .join(' '),
  );
  const answer = parseExpression(text);
  if (objections.length === 0 || !answer.ok) return answer;
  return { ok: false, problems: objections.map((message) => ({ message, column: 1 })) };
}

/** Among its presets only this one has day and month from 1, weekdays 0-7 and the three-letter names; its seconds are switched off. */
function cronValidateObjections(text: string): readonly string[] {
  const verdict = cronValidate(text, { preset: 'npm-cron-schedule', override: { useSeconds: false } });
  return verdict.isValid() ? [] : verdict.getError();
}
