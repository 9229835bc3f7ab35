/**
 * Simulates the main loop of cron.c minute by minute for some days, slowly and plainly, to check
 * `nextFires`. It shares no code with `nextFires`: the wall clock comes from Intl, the meaning of a
 * line from the test that made it.
 */
import type { MadeSchedule } from './schedules.ts';

const minuteMs = 60_000;

export interface Days {
  readonly startMs: number;
  /**
   * What the wall clock shows at `startMs` and at each minute after it, in minutes since 1970-01-01
   * 00:00 on that clock.
   */
  readonly wallMinutes: readonly number[];
}

export function daysIn(zone: string, span: { readonly startMs: number; readonly minutes: number }): Days {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const wallMinutes = Array.from({ length: span.minutes }, (_, index) => {
    const text = format.format(span.startMs + index * minuteMs);
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = (text.match(/[0-9]+/g) ?? []).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute) / minuteMs;
  });
  return { startMs: span.startMs, wallMinutes };
}

/** The instants at which a cron that was started at the beginning of these days runs the line. */
export function playCron({ text, terms }: MadeSchedule, { startMs, wallMinutes }: Days): number[] {
  const [minutes, hours, days, months, weekdays] = terms.map(({ values }) => values);
  const [minStar, hrStar, domStar, , dowStar] = text.split(' ').map((term) => term.startsWith('*'));
  const runs: number[] = [];

  function findJobs(localMinute: number, nowMs: number, kinds: { wild: boolean; fixed: boolean }): void {
    if (!(minStar || hrStar ? kinds.wild : kinds.fixed)) return;
    if (!minutes?.includes(localMinute % 60) || !hours?.includes(Math.floor(localMinute / 60) % 24)) return;
    const date = new Date(localMinute * minuteMs);
    if (!months?.includes(date.getUTCMonth() + 1)) return;
    const isDom = days?.includes(date.getUTCDate());
    const isDow = weekdays?.includes(date.getUTCDay());
    if (domStar || dowStar ? isDom && isDow : isDom || isDow) runs.push(nowMs);
  }

  const all = { wild: true, fixed: true };
  let virtualTime = wallMinutes[0] ?? 0;
  let timeRunning = virtualTime;
  for (const [index, clockTime] of wallMinutes.entries()) {
    if (clockTime === timeRunning) continue;
    timeRunning = clockTime;
    const nowMs = startMs + index * minuteMs;
    const timeDiff = timeRunning - virtualTime;
    if (timeDiff > 180 || timeDiff <= -180) {
      virtualTime = timeRunning;
      findJobs(timeRunning, nowMs, all);
    } else if (timeDiff > 5) {
      findJobs(timeRunning, nowMs, { wild: true, fixed: false });
      while (virtualTime < timeRunning) findJobs(++virtualTime, nowMs, { wild: false, fixed: true });
    } else if (timeDiff > 0) {
      while (virtualTime < timeRunning) findJobs(++virtualTime, nowMs, all);
    } else {
      findJobs(timeRunning, nowMs, { wild: true, fixed: false });
    }
  }
  return runs;
}
