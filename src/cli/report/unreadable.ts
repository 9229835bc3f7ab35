/**
 * Counts the records beside a history that can't be read. They are passed over, and jobctl says so.
 */
import { isNoticeStateUnreadable } from '../../notify/notice-states.ts';
import { noticeFolders } from '../../notify/outbox/folders.ts';
import { isAbout, type Pause } from '../../run/pause/pause.ts';
import { unreadableDesired } from '../../service/desired.ts';
import { isRecordUnreadable } from '../../service/record/record.ts';
import type { StateFiles } from '../../system/types/state.ts';

/**
 * Returns a counter for one job after the other. What is looked at for each of thousands is listed
 * once.
 */
export function unreadableRecords(
  state: StateFiles,
  hiddenPauses: readonly Pause[],
): (job: { readonly slug: string; readonly tags: readonly string[] }) => number {
  const noticed = new Set(state.names(noticeFolders.incidents));
  return (job) => {
    const pauses = hiddenPauses.filter(({ target }) => isAbout(target, job)).length;
    return pauses + (noticed.has(job.slug) && isNoticeStateUnreadable(state, job.slug) ? 1 : 0);
  };
}

export function unreadableOfService(slug: string, state: StateFiles): number {
  const records = [isRecordUnreadable(state, slug), isNoticeStateUnreadable(state, slug)];
  return unreadableDesired(state, slug) + records.filter(Boolean).length;
}
