/**
 * Counts the records beside a history that can't be read. They are passed over, and jobctl says so.
 */
import { isNoticeStateUnreadable } from '../../notify/notice-states.ts';
import { isAbout, type PauseTarget } from '../../run/pause/pause.ts';
import { unreadableDesired } from '../../service/desired.ts';
import { isRecordUnreadable } from '../../service/record/record.ts';
import type { StateFiles } from '../../system/types/state.ts';

/** `notPaused`: what pauses that can't be understood are about. */
export function unreadableOfJob(
  job: { readonly slug: string; readonly tags: readonly string[] },
  state: StateFiles,
  notPaused: readonly PauseTarget[],
): number {
  const pauses = notPaused.filter((target) => isAbout(target, job)).length;
  return pauses + (isNoticeStateUnreadable(state, job.slug) ? 1 : 0);
}

export function unreadableOfService(slug: string, state: StateFiles): number {
  const records = [isRecordUnreadable(state, slug), isNoticeStateUnreadable(state, slug)];
  return unreadableDesired(state, slug) + records.filter(Boolean).length;
}
