/** When a pause ends, from what a person types. */
import { parseDuration } from '../job/duration.ts';
import { momentForms, type Now, parseMoment } from './moment.ts';

export type UntilAnswer =
  | { readonly ok: true; readonly untilMs: number | undefined }
  | { readonly ok: false; readonly words: string };

/** `--for 2h30m` from now, `--until 18:00` in the host's zone, or neither: until somebody resumes it. */
export function pauseEnd(
  given: { readonly for?: string | undefined; readonly until?: string | undefined },
  { nowMs, zone }: Omit<Now, 'leaning'>,
): UntilAnswer {
  if (given.for !== undefined) {
    const seconds = parseDuration(given.for);
    if (seconds === undefined || seconds <= 0)
      return { ok: false, words: `--for must be a time such as 90s, 30m or 2h, found "${given.for}"` };
    return { ok: true, untilMs: nowMs + seconds * 1000 };
  }
  if (given.until === undefined) return { ok: true, untilMs: undefined };
  const untilMs = parseMoment(given.until, { nowMs, zone, leaning: 'future' });
  if (untilMs === undefined) return { ok: false, words: `--until must be ${momentForms}, found "${given.until}"` };
  if (untilMs <= nowMs) return { ok: false, words: `--until must be in the future, found "${given.until}"` };
  return { ok: true, untilMs };
}
