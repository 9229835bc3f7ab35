/**
 * Reads the notice state of a job from its file: the last event that was considered, and the open
 * incident.
 */

import type { StateFiles } from '../system/types/state.ts';
import { decodeJson } from '../text/decode.ts';
import { type NoticeState, noticeState } from './incident.ts';
import { noticeFolders } from './outbox/folders.ts';

export function readNoticeState(files: StateFiles, slug: string): NoticeState | undefined {
  return decodeJson(files.read(noticeFolders.incidents, slug), noticeState);
}

/**
 * True if there is a state that can't be read. A failure is then reported a second time, and its
 * recovery may not be.
 */
export function isNoticeStateUnreadable(files: StateFiles, slug: string): boolean {
  const text = files.read(noticeFolders.incidents, slug);
  return text !== undefined && decodeJson(text, noticeState) === undefined;
}
