/** Words the beginning of a log line: the host's local time to the millisecond, and the level. */
import { hostZone } from '../time/zones.ts';

/** Seconds east of Greenwich at a moment, in seconds since 1970. */
export type OffsetAt = (atSeconds: number) => number;

/** The host's. */
export function localOffset(): OffsetAt {
  const zone = hostZone();
  return (atSeconds) => zone.offsetAt(atSeconds * 1000) / 1000;
}

/** `+` marks what continues the line before it. NOTE is run-job speaking. */
export type Level = 'INFO' | 'INFO+' | 'ERROR' | 'ERROR+' | 'NOTE';

/** The text of a stamped line: the stamp ends with the first tab, at 23, and the level with the next. */
export function withoutStamp(line: string): string {
  return line.slice(line.indexOf('\t', 24) + 1);
}

/** The texts of stamped lines, each piece of a line put behind the one that it continues. */
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
  /** `2026-11-22 10:30:00`, worded once a second. */
  #secondText = '';

  constructor(nowMs: () => number, offsetAt: OffsetAt) {
    this.#nowMs = nowMs;
    this.#offsetAt = offsetAt;
  }

  /** `2026-11-22 10:30:00,123<tab>INFO<tab>`, as of now; ASCII, 29 to 31 characters. */
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
