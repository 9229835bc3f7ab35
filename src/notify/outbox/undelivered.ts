/**
 * Lists the notices that have not been delivered, from file names: that needs no right to read the
 * files.
 */
import type { StateFiles } from '../../system/types/state.ts';
import { noticeFolders } from './folders.ts';

export interface Undelivered {
  readonly slug: string;
  readonly atMs: number;
}

/** A run is worded within a second of its end; one that stays in the queue has no deliverer. */
const wordedWithinMs = 60_000;

/** Messages in the outbox, and runs that have waited too long to be worded, oldest first. */
export function undeliveredNotices(state: Pick<StateFiles, 'names'>, nowMs: number): readonly Undelivered[] {
  const messages = parsed(state.names(noticeFolders.outbox), /^([^@]+)@(\d{15})-.*\.\w+\.\w+\.json$/);
  const runs = parsed(state.names(noticeFolders.queue), /^([^@]+)@(\d+)-.*-ended\.json$/);
  return [...messages, ...runs.filter(({ atMs }) => nowMs - atMs > wordedWithinMs)].sort((a, b) => a.atMs - b.atMs);
}

function parsed(names: readonly string[], form: RegExp): readonly Undelivered[] {
  return names.flatMap((name) => {
    const [, slug, atMs] = form.exec(name) ?? [];
    return slug === undefined ? [] : [{ slug, atMs: Number(atMs) }];
  });
}
