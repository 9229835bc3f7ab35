/** When a pause ends, from what a person types. */
import { parseDuration } from '../job/duration.ts';

export type UntilAnswer =
  | { readonly ok: true; readonly untilMs: number | undefined }
  | { readonly ok: false; readonly words: string };

/** `--for 2h30m` from now, `--until 2026-11-24T18:00` in the host's zone, or neither: until somebody resumes it. */
export function pauseEnd(
  given: { readonly for?: string | undefined; readonly until?: string | undefined },
  nowMs: number,
): UntilAnswer {
  if (given.for !== undefined) {
    const seconds = parseDuration(given.for);
    if (seconds === undefined || seconds <= 0)
      return { ok: false, words: `--for must be a time such as 90s, 30m or 2h, found "${given.for}"` };
    return { ok: true, untilMs: nowMs + seconds * 1000 };
  }
  if (given.until === undefined) return { ok: true, untilMs: undefined };
  const untilMs = parseMoment(given.until);
  if (untilMs === undefined)
    return { ok: false, words: `--until must be a time such as 2026-11-24T18:00, found "${given.until}"` };
  if (untilMs <= nowMs) return { ok: false, words: `--until must be in the future, found "${given.until}"` };
  return { ok: true, untilMs };
}

/** ISO 8601, to the minute at least, a blank or a T between; without an offset it is the host's time. A day alone is its beginning. */
function parseMoment(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? ''}`);
  return Number.isNaN(ms) ? undefined : ms;
}
