/**
 * Time zones: the offset from UTC at every instant, and the clock changes, from the table of a zone
 * file.
 */
import { parsePosixRule } from './posix-rule.ts';
import { readTzif, utcTable, type ZoneTable } from './tzif.ts';

/** A time zone of this host. */
export interface Zone {
  /** The IANA name, such as `Europe/Berlin`. */
  readonly name: string;
  /** Milliseconds to add to UTC to get local time; before 1972 some zones had seconds in it. */
  offsetAt(instantMs: number): number;
  /** The clock changes after one instant and up to another. */
  changes(span: ChangeSpan): readonly OffsetChange[];
  /**
   * A text that is equal for two zones that have the same offsets from an instant on, for all time.
   */
  lawFrom(instantMs: number): string;
  /** The name. */
  toJSON(): string;
}

interface ChangeSpan {
  readonly afterMs: number;
  readonly untilMs: number;
}

/** The zones of a host. */
export interface Zones {
  readonly host: Zone;
  /** Returns the zone of a name that is spelled as in /usr/share/zoneinfo. */
  find(name: string): Zone | undefined;
  /**
   * The time of the last boot, on a full second: the one tick of a job that starts after each boot.
   * Absent if it is not known.
   */
  readonly bootMs?: () => number;
}

/** A span in which local time is UTC plus `offsetMs`. */
export interface Period {
  readonly startMs: number;
  /** The first instant after the period. The next period may have the same offset. */
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

/**
 * Returns `undefined` for bytes that are no zone file. `name` is called when the name is needed.
 */
export function zoneFromFile(name: () => string, bytes: Uint8Array): Zone | undefined {
  const table = readTzif(bytes);
  return table && zoneOf(name, table);
}

/**
 * Returns `undefined` for a text that is no rule in POSIX form. A rule without dates has those of
 * the United States, as in the C library.
 */
export function zoneFromRule(text: string): Zone | undefined {
  const rule = parsePosixRule(text) ?? parsePosixRule(`${text},M3.2.0,M11.1.0`);
  return rule && zoneOf(() => text, { firstOffset: rule.offsetAt(0), changes: [], rule });
}

export const utc: Zone = zoneOf(() => 'UTC', utcTable);

function zoneOf(nameOf: () => string, table: ZoneTable): Zone {
  const offsetAt = (instantMs: number) => offsetIn(table, Math.floor(instantMs / 1000)) * 1000;
  const computed = ({ afterMs, untilMs }: ChangeSpan) =>
    momentsOf(table, Math.floor(afterMs / 1000), Math.floor(untilMs / 1000)).flatMap((atSeconds): OffsetChange[] => {
      const [beforeMs, atMs] = [offsetAt(atSeconds * 1000 - 1), atSeconds * 1000];
      const change = { atMs, beforeMs, afterMs: offsetAt(atMs) };
      return change.beforeMs === change.afterMs || atMs <= afterMs ? [] : [change];
    });
  let known: ChangeSpan & { readonly list: readonly OffsetChange[] } = { afterMs: 0, untilMs: 0, list: [] };
  const changes = ({ afterMs, untilMs }: ChangeSpan) => {
    if (afterMs < known.afterMs || untilMs > known.untilMs) {
      if (untilMs - afterMs > chunkMs) return computed({ afterMs, untilMs });
      // Ten thousand jobs ask for about the same time.
      const wide = { afterMs: afterMs - chunkMs, untilMs: untilMs + chunkMs };
      known = { ...wide, list: computed(wide) };
    }
    return known.list.filter(({ atMs }) => atMs > afterMs && atMs <= untilMs);
  };
  return {
    get name() {
      return nameOf();
    },
    toJSON: nameOf,
    offsetAt,
    changes,
    lawFrom: (instantMs) =>
      JSON.stringify([
        offsetAt(instantMs),
        changes({ afterMs: instantMs, untilMs: lawUntilMs }).map(({ atMs, afterMs }) => [atMs, afterMs]),
        table.rule?.law ?? offsetAt(lawUntilMs),
      ]),
  };
}

/**
 * An instant after all tables. Some files have only a rule, others list its changes up to 2037, and
 * both mean the same.
 */
const lawUntilMs = Date.UTC(2100, 0, 1);

function offsetIn(table: ZoneTable, atSeconds: number): number {
  const { changes, rule, firstOffset, leaps } = table;
  const index = lastIndex(changes, atSeconds);
  const followsRule = index === changes.length - 1 && rule !== undefined;
  const offset = followsRule ? rule.offsetAt(atSeconds) : (changes[index]?.offset ?? firstOffset);
  return leaps === undefined ? offset : offset - (leaps[lastIndex(leaps, atSeconds)]?.correction ?? 0);
}

/** The index of the last entry that is not after `atSeconds`; -1 if all are. */
function lastIndex(list: readonly { readonly atSeconds: number }[], atSeconds: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.atSeconds ?? 0) <= atSeconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The seconds at which the offset may change, after one second and up to another, ascending, each
 * once.
 */
function momentsOf({ changes, rule, leaps = [] }: ZoneTable, after: number, until: number): readonly number[] {
  const between = (list: readonly { readonly atSeconds: number }[]) =>
    list.slice(lastIndex(list, after - 1) + 1, lastIndex(list, until) + 1);
  const ruleFrom = Math.max(after, changes.at(-1)?.atSeconds ?? Number.NEGATIVE_INFINITY);
  const years = rule === undefined || ruleFrom > until ? [] : yearsBetween(ruleFrom, until);
  const ruled = years.flatMap((year) => rule?.changesIn(year) ?? []);
  const moments = [...between(changes), ...between(leaps), ...ruled.filter(({ atSeconds }) => atSeconds >= ruleFrom)];
  return [...new Set(moments.map(({ atSeconds }) => atSeconds))]
    .filter((atSeconds) => atSeconds >= after && atSeconds <= until)
    .sort((a, b) => a - b);
}

/** The years of a span, with one more on both sides for a date near the new year. */
function yearsBetween(fromSeconds: number, untilSeconds: number): readonly number[] {
  const [first, last] = [fromSeconds, untilSeconds].map((at) => new Date(at * 1000).getUTCFullYear()) as [
    number,
    number,
  ];
  return Array.from({ length: last - first + 3 }, (_, index) => first - 1 + index);
}

/** Yields periods of constant offset without end, the first one starting at `fromMs`. */
export function* periodsFrom(zone: Zone, fromMs: number): Generator<Period, never> {
  let startMs = fromMs;
  for (;;) {
    const endOfChunk = startMs + chunkMs;
    for (const { atMs, beforeMs } of zone.changes({ afterMs: startMs, untilMs: endOfChunk })) {
      yield { startMs, endMs: atMs, offsetMs: beforeMs };
      startMs = atMs;
    }
    if (startMs === endOfChunk) continue;
    yield { startMs, endMs: endOfChunk, offsetMs: zone.offsetAt(startMs) };
    startMs = endOfChunk;
  }
}
