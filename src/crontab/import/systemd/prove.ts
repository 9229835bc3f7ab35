/** Proves that the jobs of a timer start when systemd starts it. */
import { type Calendar, valuesOf } from '../../../schedule/calendar/calendar.ts';
import { calendarFires } from '../../../schedule/calendar/fires.ts';
import { type DayGuard, passesGuard } from '../../../schedule/calendar/to-cron.ts';
import { eachTick, type Scheduled, tickZone } from '../../../schedule/ticks.ts';
import { dayMs, minuteMs, utc, type Zone, type Zones } from '../../../zone/zone.ts';

const spanMs = 2 * 366 * dayMs;

export interface GuardedJob {
  readonly job: Scheduled;
  readonly guard: DayGuard | undefined;
}

/** The first minute within two years in which one side starts and the other does not. */
export function timerDifference(
  calendars: readonly Calendar[],
  jobs: readonly GuardedJob[],
  { nowMs, zones }: { readonly nowMs: number; readonly zones: Zones },
): number | undefined {
  const untilMs = nowMs + spanMs;
  const afterMs = Math.floor(nowMs / minuteMs) * minuteMs + minuteMs - 1;
  const before = new Set<number>();
  for (const calendar of calendars) {
    const zone = zoneOf(calendar, zones);
    if (zone === undefined) return nowMs;
    // One second of each minute is enough: minutes are compared.
    const [start = 0] = valuesOf(calendar.second, 0, 59);
    const each = { ...calendar, second: [{ start, stop: undefined, repeat: 0 }] };
    for (const atMs of calendarFires(each, { zone, afterMs, untilMs })) before.add(Math.floor(atMs / minuteMs));
  }
  const after = new Set<number>();
  for (const { job, guard } of jobs) {
    const zone = tickZone(job, zones);
    if (zone === undefined) return nowMs;
    for (const atMs of eachTick(job, { afterMs, untilMs }, zones)) {
      const day = Math.floor((atMs + zone.offsetAt(atMs)) / dayMs);
      if (guard === undefined || passesGuard(guard, day)) after.add(Math.floor(atMs / minuteMs));
    }
  }
  const differing = [...before]
    .filter((minute) => !after.has(minute))
    .concat([...after].filter((minute) => !before.has(minute)));
  return differing.length === 0 ? undefined : differing.reduce((a, b) => Math.min(a, b)) * minuteMs;
}

function zoneOf({ zone }: Calendar, zones: Zones): Zone | undefined {
  if (zone === undefined) return zones.host;
  return zone === 'UTC' ? utc : zones.find(zone);
}
