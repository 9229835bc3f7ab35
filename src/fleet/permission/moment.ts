/**
 * The name of a run that no clock has started, in the account of ticks: a second. Ticks of a schedule
 * are on full minutes, so such a second is never one of them.
 */

const minuteMs = 60_000;

export function momentOf(nowMs: number): number {
  const secondMs = Math.floor(nowMs / 1000) * 1000;
  return secondMs % minuteMs === 0 ? secondMs - 1000 : secondMs;
}

/** The moment after another one. */
export function nextMoment(momentMs: number): number {
  const nextMs = momentMs + 1000;
  return nextMs % minuteMs === 0 ? nextMs + 1000 : nextMs;
}
