/**
 * Carries out a page so that its transcript does not depend on the time of day. No cron of the machine looks at the clock, so a tick of one of
 * the page's own schedules that passes meanwhile is a tick that cron let go by, and status, next and why rightly say so. A page that
 * is not as it says while such a tick passed is carried out again from its beginning.
 */
import { expressionOf } from '../../src/schedule/expression.ts';
import { expectedTicks } from '../../src/schedule/ticks.ts';
import { findZone, hostZone } from '../../src/system/time/zones.ts';
import type { Zones } from '../../src/zone/zone.ts';
import type { Account } from './carry-out.ts';

const zones: Zones = { host: hostZone(), find: findZone };

/** So often a page is begun: one that takes longer than its schedule rests can never be shown. */
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

/** A schedule of the page that has a tick in this span, in the host's zone or in one that the page names. */
export function tickIn(page: string, fromMs: number, untilMs: number): string | undefined {
  const zoneNames = [undefined, 'UTC', ...[...page.matchAll(/^time_zone: *"?([\w/+-]+)/gm)].map(([, name]) => name)];
  // What is due at a minute is due all that minute.
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

/** The schedules of a page's job files. */
export function schedulesIn(page: string): readonly string[] {
  return [...page.matchAll(/^schedule: *(["'])(.+?)\1/gm)].map(([, , schedule = '']) => schedule);
}
