/**
 * When the CronJob controller of Kubernetes starts a job, as its parser (robfig/cron v3,
 * ParseStandard) was seen to: a minute counts when the local clock shows it, so one that is left out
 * never does and one that comes twice does twice; a term is "any" only as a bare `*`. Left out is that
 * it can miss a start of midnight after a clock change of half an hour.
 */
import { minuteMs, type Zone } from '../../../../src/zone/zone.ts';

const bounds = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** Throws for a text that the parser refuses. */
function termsOf(text: string): readonly { readonly values: ReadonlySet<number>; readonly isAny: boolean }[] {
  const terms = text.split(' ');
  if (terms.length !== 5) throw new Error(`"${text}" has ${terms.length} terms`);
  return terms.map((term, index) => {
    const [low, high] = bounds[index] as readonly [number, number];
    return { values: new Set(term.split(',').flatMap((item) => itemValues(item, low, high))), isAny: term === '*' };
  });
}

function itemValues(item: string, low: number, high: number): readonly number[] {
  const match = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item);
  if (match === null) throw new Error(`"${item}" is no item`);
  const [, star, first, last, step] = match;
  const from = star === undefined ? Number(first) : low;
  const to = star !== undefined || (last === undefined && step !== undefined) ? high : Number(last ?? first);
  if (from < low || to > high || from > to) throw new Error(`"${item}" is out of range`);
  const values: number[] = [];
  for (let value = from; value <= to; value += Number(step ?? 1)) values.push(value);
  return values;
}

/** The first `count` starts after an instant, up to another. */
export function startsInKubernetes(
  text: string,
  {
    zone,
    afterMs,
    untilMs,
    count,
  }: { readonly zone: Zone; readonly afterMs: number; readonly untilMs: number; readonly count: number },
): readonly number[] {
  const [minutes, hours, days, months, weekdays] = termsOf(text) as [Term, Term, Term, Term, Term];
  const found: number[] = [];
  let atMs = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs;
  while (found.length < count && atMs <= untilMs) {
    const local = new Date(atMs + zone.offsetAt(atMs));
    const [isDay, isWeekday] = [days.values.has(local.getUTCDate()), weekdays.values.has(local.getUTCDay())];
    const isDate =
      months.values.has(local.getUTCMonth() + 1) &&
      (days.isAny || weekdays.isAny ? isDay && isWeekday : isDay || isWeekday);
    if (!isDate || !hours.values.has(local.getUTCHours())) {
      // To the next full hour; clocks change at such a moment.
      atMs += (60 - local.getUTCMinutes()) * minuteMs;
      continue;
    }
    if (minutes.values.has(local.getUTCMinutes())) found.push(atMs);
    atMs += minuteMs;
  }
  return found;
}

type Term = ReturnType<typeof termsOf>[number];
