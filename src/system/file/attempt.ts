/** Turns a step that may throw into an answer. */
import type { WriteAnswer } from '../types/file.ts';

/** `ok`, or the message of what `act` threw. */
export function attempt(act: () => void): WriteAnswer {
  try {
    act();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
