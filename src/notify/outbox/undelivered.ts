/**
 * Lists the notices that have not been delivered, from file names: that needs no right to read the
 * files.
 */
import type { StateFiles } from '../../system/types/state.ts';
import { noticeFolders } from './folders.ts';

export interface Undelivered {
  readonly slug: string;
  readonly atMs: number;
  /** The milliseconds that it has waited; absent if `atMs` is to come, because the clock was wrong then. */
  readonly forMs?: number;
}

/** A run is worded within a second of its end; one that stays in the queue has no deliverer. */
const wordedWithinMs = 60_000;

/** Messages in the outbox, and runs that have waited too long to be worded, oldest first. */
export function undeliveredNotices(state: Pick<StateFiles, 'names'>, nowMs: number): readonly Undelivered[] {
  const messages = parsed(state.names(noticeFolders.outbox), /^([^@]+)@(\d{15})-.*\.\w+\.\w+\.json$/, nowMs);
  const runs = parsed(state.names(noticeFolders.queue), /^([^@]+)@(\d+)-.*-ended\.json$/, nowMs);
  const left = runs.filter(({ forMs = Number.POSITIVE_INFINITY }) => forMs > wordedWithinMs);
  return [...messages, ...left].sort((a, b) => a.atMs - b.atMs);
}

function parsed(names: readonly string[], form: RegExp, nowMs: number): readonly Undelivered[] {
  return names.flatMap((name) => {
    const [, slug, at] = form.exec(name) ?? [];
    if (slug === undefined) return [];
    const atMs = Number(at);
    const isToCome = atMs > nowMs + wordedWithinMs;
    return [{ slug, atMs, ...(!isToCome && { forMs: Math.max(0, nowMs - atMs) }) }];
  });
}
