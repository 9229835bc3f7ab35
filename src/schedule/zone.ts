/**
 * Knows how far a zone's clocks are from UTC at every instant, and when that changes.
 * The source is Intl, or a zone file where a run must not wait for Intl; one question costs a microsecond or more, so the changes of
 * 400 days are found once and kept.
 */

/** An IANA name, which must be known, or the milliseconds that its clocks are ahead of UTC at an instant. */
export type Zone = string | OffsetAt;
export type OffsetAt = (instantMs: number) => number;

/** From an instant on, local time is UTC plus `offsetMs`. */
export interface Period {
  readonly startMs: number;
  /** The first instant that no longer belongs to it. The next period may have the same offset. */
  readonly endMs: number;
  readonly offsetMs: number;
}

export interface OffsetChange {
  /** The first instant with the new offset. */
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;
const chunkMs = 400 * dayMs;

/** Periods of constant offset without end, the first one starting at `fromMs`. An unknown zone throws. */
export function* periodsFrom(zone: Zone, fromMs: number): Generator<Period, never> {
  let startMs = fromMs;
  for (let chunk = Math.floor(fromMs / chunkMs); ; chunk++) {
    const endOfChunk = (chunk + 1) * chunkMs;
    for (const { atMs, beforeMs } of changesOfChunk(zone, chunk)) {
      if (atMs <= startMs) continue;
      yield { startMs, endMs: atMs, offsetMs: beforeMs };
      startMs = atMs;
    }
    yield { startMs, endMs: endOfChunk, offsetMs: offsetAt(zone, startMs) };
    startMs = endOfChunk;
  }
}

/** When the clocks of a zone are changed, after one instant and up to another. */
export function offsetChanges(
  zone: Zone,
  span: { readonly afterMs: number; readonly untilMs: number },
): readonly OffsetChange[] {
  const changes: OffsetChange[] = [];
  for (let chunk = Math.floor(span.afterMs / chunkMs); chunk * chunkMs <= span.untilMs; chunk++) {
    changes.push(...changesOfChunk(zone, chunk));
  }
  return changes.filter(({ atMs }) => atMs > span.afterMs && atMs <= span.untilMs);
}

/** Milliseconds to add to UTC to get local time; before 1972 some zones had seconds in it. */
export function offsetAt(zone: Zone, instantMs: number): number {
  if (typeof zone === 'function') return zone(instantMs);
  const text = formatterOf(zone).format(instantMs);
  const offsetMs = offsetIn(text);
  if (offsetMs === undefined) throw new Error(`Intl gave no offset for ${zone}: ${text}`);
  return offsetMs;
}

/** Of a date with a `longOffset`. No offset is `GMT+00:00` in the ICU that Node brings along, and `GMT` (CLDR: gmtZeroFormat) in that of Debian 13. */
export function offsetIn(text: string): number | undefined {
  const match = /GMT(?:([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match;
  const amountMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -amountMs : amountMs;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formatters.set(zone, formatter);
  }
  return formatter;
}

const knownChunks = new Map<Zone, Map<number, readonly OffsetChange[]>>();

function changesOfChunk(zone: Zone, chunk: number): readonly OffsetChange[] {
  const known = knownChunks.get(zone) ?? new Map<number, readonly OffsetChange[]>();
  knownChunks.set(zone, known);
  let changes = known.get(chunk);
  if (changes === undefined) {
    changes = [...findChanges(zone, chunk * chunkMs)];
    known.set(chunk, changes);
  }
  return changes;
}

/** Compares the offset day by day: the two changes that were ever nearest to each other lie four days apart (tz database 2025b). */
function* findChanges(zone: Zone, startOfChunk: number): Generator<OffsetChange> {
  let beforeMs = offsetAt(zone, startOfChunk - 1);
  for (let dayStart = startOfChunk - 1; dayStart < startOfChunk + chunkMs - 1; dayStart += dayMs) {
    const afterMs = offsetAt(zone, dayStart + dayMs);
    if (afterMs === beforeMs) continue;
    yield {
      atMs: firstInstantWithout(zone, beforeMs, { earlyMs: dayStart, lateMs: dayStart + dayMs }),
      beforeMs,
      afterMs,
    };
    beforeMs = afterMs;
  }
}

function firstInstantWithout(zone: Zone, offsetMs: number, span: { earlyMs: number; lateMs: number }): number {
  let { earlyMs, lateMs } = span;
  while (lateMs - earlyMs > 1) {
    const middle = Math.floor((earlyMs + lateMs) / 2);
    if (offsetAt(zone, middle) === offsetMs) earlyMs = middle;
    else lateMs = middle;
  }
  return lateMs;
}
