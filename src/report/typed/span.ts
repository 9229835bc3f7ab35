/**
 * Reads a duration as people type it: 90s, 2h30m, 2d12h, 1w, "2 days", "1 hour 30 minutes". Job
 * files have a stricter form.
 */

const unitSeconds: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };
const part = /(\d{1,9}(?:\.\d{1,3})?) ?(w(?:eeks?)?|d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)/;
const whole = new RegExp(`^${part.source}(?:(?:,| and)? ?${part.source})*$`);

/** The forms to put behind "must be". */
export const spanForms = 'a time such as 30m, 2h, 2d12h or 1w';

/** No pause needs 100 years; the limit keeps results far below JavaScript's last date. */
const mostSeconds = 100 * 366 * 86_400;

/** Seconds; `undefined` when the text is no span of time. */
export function parseSpan(text: string): number | undefined {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (!whole.test(words)) return undefined;
  let seconds = 0;
  for (const [, amount, unit = ''] of words.matchAll(new RegExp(part, 'g')))
    seconds += Number(amount) * (unitSeconds[unit[0] ?? ''] ?? 0);
  return seconds <= mostSeconds ? seconds : undefined;
}
