/**
 * The virtual clock of Vixie cron's main loop, for a program that starts lines itself: which local
 * minutes it examines when the clock on the wall has moved, and for which lines. The table is in
 * `next.ts`.
 */

const longestCareMinutes = 3 * 60;

export interface CronClock {
  /** The local minute up to which all lines have been examined. */
  readonly virtualMinute: number;
  /** The local minute at which the loop last looked. */
  readonly wallMinute: number;
}

export interface Look {
  readonly localMinute: number;
  readonly lines: 'all' | 'wildcard' | 'fixed';
}

export interface Step {
  readonly clock: CronClock;
  readonly looks: readonly Look[];
}

/** A clock that starts at a minute; like cron, it examines the next one first. */
export function cronClock(localMinute: number): CronClock {
  return { virtualMinute: localMinute, wallMinute: localMinute };
}

/** The looks that are due when the wall shows a minute, in cron's order. */
export function cronStep(clock: CronClock, wallMinute: number): Step {
  if (wallMinute === clock.wallMinute) return { clock, looks: [] };
  const ahead = wallMinute - clock.virtualMinute;
  if (ahead > longestCareMinutes || ahead <= -longestCareMinutes)
    return { clock: cronClock(wallMinute), looks: [{ localMinute: wallMinute, lines: 'all' }] };
  const present: Look = { localMinute: wallMinute, lines: 'wildcard' };
  if (ahead <= 0) return { clock: { ...clock, wallMinute }, looks: [present] };
  const lines = ahead > 5 ? 'fixed' : 'all';
  const way = Array.from({ length: ahead }, (_, at): Look => ({ localMinute: clock.virtualMinute + at + 1, lines }));
  return { clock: cronClock(wallMinute), looks: ahead > 5 ? [present, ...way] : way };
}
