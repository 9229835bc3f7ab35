/** When a pause ends, from what a person types. */
import { durationWords } from '../../text/duration.ts';
import { momentForms, type Now, parseMoment } from './moment.ts';
import { parseSpan, spanForms } from './span.ts';

export type UntilAnswer =
  | { readonly ok: true; readonly untilMs: number | undefined }
  | { readonly ok: false; readonly words: string };

/**
 * Reads `--for 2h30m` from now, `--until 18:00` in the host's zone, or neither: a pause until an
 * operator resumes it.
 */
export function pauseEnd(
  given: { readonly for?: string | undefined; readonly until?: string | undefined },
  { nowMs, zone }: Omit<Now, 'leaning'>,
): UntilAnswer {
  if (given.for !== undefined) {
    const seconds = parseSpan(given.for);
    if (seconds === undefined || seconds <= 0)
      return { ok: false, words: `--for must be ${spanForms}, found "${given.for}"` };
    return { ok: true, untilMs: nowMs + seconds * 1000 };
  }
  if (given.until === undefined) return { ok: true, untilMs: undefined };
  const now = { nowMs, zone, leaning: 'future' } as const;
  const untilMs = parseMoment(given.until, now);
  if (untilMs === undefined) return { ok: false, words: `--until must be ${momentForms(now)}, found "${given.until}"` };
  if (untilMs > nowMs) return { ok: true, untilMs };
  const ago = untilMs === nowMs ? 'now' : `${durationWords((nowMs - untilMs) / 1000)} ago`;
  return {
    ok: false,
    words: `--until must be in the future, and "${given.until}" is ${ago}; it takes ${momentForms(now)}`,
  };
}
