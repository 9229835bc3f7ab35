/** Minutes in which many jobs start: one machine has to carry them all. */

import { wallTime } from '../../zone/wall-time.ts';
import { minuteMs, type Zone } from '../../zone/zone.ts';
import type { UpcomingTick } from './upcoming.ts';

export interface CrowdedMinute {
  /** The beginning of the minute, milliseconds since 1970. */
  readonly atMs: number;
  readonly starts: number;
}

/** Minutes that are kept, and those of them that are shown. */
const mostKept = 10;
const mostShown = 5;
/** Ticks after which finished minutes are put away. */
const tidyEvery = 4096;

/** Counts starts per minute. Its memory does not grow with the span of time. */
export class StartsPerMinute {
  readonly #open = new Map<number, number>();
  #most: readonly CrowdedMinute[] = [];
  #count = 0;

  /** Ticks have to come in the order of time. A tick that a pause skips starts nothing. */
  add({ tickMs, startMs, paused }: UpcomingTick): void {
    if (paused !== undefined) return;
    const atMs = minuteOf(startMs);
    this.#open.set(atMs, (this.#open.get(atMs) ?? 0) + 1);
    if (++this.#count % tidyEvery === 0) this.#putAway(minuteOf(tickMs));
  }

  /** The minutes with the most starts first, then the earlier ones; a minute with a single start is not crowded. */
  crowded(): readonly CrowdedMinute[] {
    this.#putAway(Number.POSITIVE_INFINITY);
    return this.#most;
  }

  /** A start is never earlier than its tick, so nothing is added to a minute before that of the last tick. */
  #putAway(beforeMs: number): void {
    const found: CrowdedMinute[] = [];
    for (const [atMs, starts] of this.#open) {
      if (atMs >= beforeMs) continue;
      this.#open.delete(atMs);
      if (starts > 1) found.push({ atMs, starts });
    }
    this.#most = [...this.#most, ...found].sort((a, b) => b.starts - a.starts || a.atMs - b.atMs).slice(0, mostKept);
  }
}

function minuteOf(ms: number): number {
  return Math.floor(ms / minuteMs) * minuteMs;
}

/** One line, empty when no minute is crowded; a day is named once. */
export function crowdedText(minutes: readonly CrowdedMinute[], zone: Zone): string {
  const shown = minutes.slice(0, mostShown).map(({ atMs, starts }) => {
    const [day = '', time = ''] = wallTime(atMs, zone).split(' ');
    return { starts, day, time: time.slice(0, 5) };
  });
  if (shown.length === 0) return '';
  const parts = shown.map(({ starts, day, time }, index) => {
    const named = shown[index - 1]?.day === day ? time : `${day} ${time}`;
    return `${starts}${index === 0 ? ' starts' : ''} at ${named}`;
  });
  return `Crowded minutes: ${parts.join(', ')}\n`;
}
