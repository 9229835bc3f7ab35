/**
 * Computes when systemd starts a timer with a calendar event, clock changes included.
 *
 * A local time that does not exist is left out. One that exists twice counts the first time only,
 * also for an hourly timer (systemd 252, as `systemd-analyze calendar --iterations` shows).
 */
import { dayMs, minuteMs, type Zone } from '../../zone/zone.ts';
import { type Calendar, valuesOf } from './calendar.ts';

export interface CalendarWindow {
  readonly zone: Zone;
  /** The first instant may be later than this, not equal to it. */
  readonly afterMs: number;
  readonly untilMs: number;
}

/** Yields the instants, ascending, in milliseconds since 1970, on full seconds. */
export function* calendarFires(calendar: Calendar, { zone, afterMs, untilMs }: CalendarWindow): Generator<number> {
  const times = timesOf(calendar);
  let lastMs = afterMs;
  const firstDay = Math.floor((afterMs + zone.offsetAt(afterMs)) / dayMs) - 1;
  for (let day = firstDay; day * dayMs <= untilMs + 2 * dayMs; day++) {
    if (!matchesDay(calendar, day)) continue;
    // Most days have one offset.
    const [offset, evening] = [zone.offsetAt(day * dayMs - dayMs), zone.offsetAt(day * dayMs + 2 * dayMs)];
    const isQuiet =
      offset === evening && zone.changes({ afterMs: (day - 1) * dayMs, untilMs: (day + 2) * dayMs }).length === 0;
    for (const time of times) {
      const localMs = day * dayMs + time * 1000;
      const atMs = isQuiet ? localMs - offset : firstInstant(localMs, zone);
      if (atMs === undefined || atMs <= lastMs) continue;
      if (atMs > untilMs) return;
      yield atMs;
      lastMs = atMs;
    }
  }
}

/** The first instant at which the clock of a zone shows a local time. */
function firstInstant(localMs: number, zone: Zone): number | undefined {
  const offsets = [-1, 1].map((side) => zone.offsetAt(localMs + side * dayMs));
  const found = offsets.map((offset) => localMs - offset).filter((atMs) => atMs + zone.offsetAt(atMs) === localMs);
  return found.length === 0 ? undefined : found.reduce((a, b) => Math.min(a, b));
}

/** The seconds of a day, ascending. */
function timesOf({ hour, minute, second }: Calendar): readonly number[] {
  const [minutes, seconds] = [valuesOf(minute, 0, 59), valuesOf(second, 0, 59)];
  return valuesOf(hour, 0, 23).flatMap((h) =>
    minutes.flatMap((m) => seconds.map((s) => (h * 60 * minuteMs + m * minuteMs) / 1000 + s)),
  );
}

function matchesDay(calendar: Calendar, day: number): boolean {
  const date = new Date(day * dayMs);
  if (!calendar.weekdays.includes(date.getUTCDay())) return false;
  const [year, month, ofMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  if (!valuesOf(calendar.month, 1, 12).includes(month)) return false;
  if (calendar.year !== undefined && !valuesOf(calendar.year, 1970, 2199).includes(year)) return false;
  return daysOf(calendar, new Date(Date.UTC(year, month, 0)).getUTCDate()).includes(ofMonth);
}

/** The days of a month of a length. Counted from the end, a step still goes forward. */
export function daysOf({ day, fromEnd }: Pick<Calendar, 'day' | 'fromEnd'>, length: number): readonly number[] {
  if (!fromEnd || day === undefined) return valuesOf(day, 1, length);
  const items = day.map(({ start, stop, repeat }) => {
    const [first, last] = [length + 1 - start, stop === undefined ? undefined : length + 1 - stop];
    // A range names its nearer end first. systemd writes -1 for a day before the first.
    if (last !== undefined && last > 0) return { start: last, stop: first, repeat };
    return { start: first < 1 ? -1 : first, stop: undefined, repeat };
  });
  return valuesOf(items, 1, length);
}
