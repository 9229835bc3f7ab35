/** The longest time between two ticks of a schedule: how long a healthy job can go without a start. */
import type { Expression } from './expression.ts';
import { matchesDate } from './next.ts';

const minuteMs = 60_000;
const minutesOfDay = 24 * 60;
/** Twice the eight years that lie between the leap days of 2096 and 2104: enough to find two of them. */
const farDays = 16 * 366;

/**
 * Milliseconds on the clock on the wall, from the first tick after `fromDay` on; clock changes are left out, so an elapsed time may
 * differ by an hour or so. `undefined` for a schedule with fewer than two ticks in sight, and for @reboot.
 *
 * `fromDay` counts from 1970-01-01. The search ends after one year, or at the second tick where that is later.
 */
export function longestGapMs(expression: Expression, fromDay: number): number | undefined {
  const minutes = expression.hours.flatMap((hour) => expression.minutes.map((minute) => hour * 60 + minute));
  const [first] = minutes;
  const last = minutes.at(-1);
  if (first === undefined || last === undefined) return undefined;
  let longest = 0;
  minutes.reduce((before, minute) => {
    longest = Math.max(longest, minute - before);
    return minute;
  });
  const overnight = first + minutesOfDay - last;
  if (isEveryDay(expression)) return Math.max(longest, overnight) * minuteMs;
  let before: number | undefined;
  let gaps = 0;
  for (let day = fromDay; day <= fromDay + farDays; day++) {
    if (day > fromDay + 366 && gaps > 0) break;
    if (!matchesDate(expression, dateOf(day))) continue;
    if (before !== undefined) {
      longest = Math.max(longest, overnight + (day - before - 1) * minutesOfDay);
      gaps++;
    }
    before = day;
  }
  return gaps === 0 ? undefined : longest * minuteMs;
}

function isEveryDay({ days, months, weekdays }: Expression): boolean {
  return days.length === 31 && months.length === 12 && weekdays.length === 7;
}

function dateOf(day: number): { readonly month: number; readonly day: number; readonly weekday: number } {
  const date = new Date(day * minutesOfDay * minuteMs);
  return { month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() };
}
