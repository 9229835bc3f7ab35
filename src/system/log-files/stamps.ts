/**
 * Writes and reads the beginning of a log line: the host's local time to the millisecond, and
 * the level.
 */
import { hostZone } from '../time/zones.ts';

/** The offset from UTC in seconds, east positive, at a moment in seconds since 1970. */
export type OffsetAt = (atSeconds: number) => number;

/** The offset of the host's zone. */
export function localOffset(): OffsetAt {
  const zone = hostZone();
  return (atSeconds) => zone.offsetAt(atSeconds * 1000) / 1000;
}

/**
 * The level of a line. `+` marks the continuation of an earlier line; NOTE marks a line of
 * run-job's own.
 */
export type Level = 'INFO' | 'INFO+' | 'ERROR' | 'ERROR+' | 'NOTE';

/** The text of a stamped line. The first tab, at 23, ends the stamp; the second ends the level. */
export function withoutStamp(line: string): string {
  return line.slice(line.indexOf('\t', 24) + 1);
}

/** The texts of stamped lines. Pieces of a long line are joined. */
export function unstamped(lines: readonly string[]): readonly string[] {
  const texts: string[] = [];
  const lastOf = new Map<string, number>();
  for (const line of lines) {
    const level = line.slice(24, line.indexOf('\t', 24));
    const stream = level.replace('+', '');
    const before = level === stream ? undefined : lastOf.get(stream);
    if (before === undefined) lastOf.set(stream, texts.push(withoutStamp(line)) - 1);
    else texts[before] += withoutStamp(line);
  }
  return texts;
}

export class Stamps {
  readonly #nowMs: () => number;
  readonly #offsetAt: OffsetAt;
  #second = Number.NaN;
  /** `2026-11-22 10:30:00`, formatted once a second. */
  #secondText = '';

  constructor(nowMs: () => number, offsetAt: OffsetAt) {
    this.#nowMs = nowMs;
    this.#offsetAt = offsetAt;
  }

  /** `2026-11-22 10:30:00,123<tab>INFO<tab>` for the current time: 29 to 31 ASCII characters. */
  prefix(level: Level): string {
    const nowMs = this.#nowMs();
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const local = new Date((second + this.#offsetAt(second)) * 1000);
      this.#secondText = local.toISOString().slice(0, 19).replace('T', ' ');
    }
    return `${this.#secondText},${String(Math.floor(nowMs - second * 1000)).padStart(3, '0')}\t${level}\t`;
  }
}
