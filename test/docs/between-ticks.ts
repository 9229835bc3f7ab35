/**
 * Carries out a page so that its outputs do not depend on the time of day. The cron of the machine
 * never reaches the next minute. So if a tick of the page's schedules passes meanwhile, status, next
 * and why rightly report that cron missed it. A page that differs while such a tick passed is carried
 * out again from its beginning.
 */
import { expressionOf } from '../../src/schedule/expression.ts';
import { expectedTicks } from '../../src/schedule/ticks.ts';
import { findZone, hostZone } from '../../src/system/time/zones.ts';
import type { Zones } from '../../src/zone/zone.ts';
import type { Account } from './carry-out.ts';

const zones: Zones = { host: hostZone(), find: findZone };

/** Number of tries; a page that takes longer than the time between its ticks never matches. */
const attempts = 4;

export async function betweenTicks(page: string, carriedOut: () => Promise<Account>): Promise<Account> {
  const notRun: string[] = [];
  for (let left = attempts - 1; ; left -= 1) {
    const beganMs = Date.now();
    const account = await carriedOut();
    const tick = tickIn(page, beganMs, Date.now());
    if (account.differences.length === 0 || tick === undefined || left === 0)
      return { ...account, notRun: [...notRun, ...account.notRun] };
    notRun.push(`once more: "${tick}" came due meanwhile`);
  }
}

/** The first schedule with a tick in this span, in the host's zone, UTC or a zone of the page. */
export function tickIn(page: string, fromMs: number, untilMs: number): string | undefined {
  const zoneNames = [undefined, 'UTC', ...[...page.matchAll(/^time_zone: *"?([\w/+-]+)/gm)].map(([, name]) => name)];
  // A tick is due during its whole minute.
  const span = { afterMs: fromMs - 60_000, untilMs };
  return schedulesIn(page).find((schedule) =>
    zoneNames.some(
      (timeZone) =>
        expectedTicks(
          { schedule: expressionOf(schedule), timing: timeZone === undefined ? {} : { timeZone } },
          span,
          zones,
        ).length > 0,
    ),
  );
}

/** The schedules of the job files of a page. */
export function schedulesIn(page: string): readonly string[] {
  return [...page.matchAll(/^schedule: *(["'])(.+?)\1/gm)].map(([, , schedule = '']) => schedule);
}
