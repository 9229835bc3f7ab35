/** How far each job's history has been told, as it stands on disk: one small file for each job. */

import type { StateFiles } from '../system/types/state.ts';
import { decodeJson } from '../text/decode.ts';
import { type NoticeState, noticeState } from './incident.ts';
import { noticeFolders } from './outbox/note-folders.ts';

export function readNoticeState(files: StateFiles, slug: string): NoticeState | undefined {
  return decodeJson(files.read(noticeFolders.incidents, slug), noticeState);
}

/** Whether there is one that can't be understood: a failure that was told is told again, and its recovery may not be. */
export function isNoticeStateUnreadable(files: StateFiles, slug: string): boolean {
  const text = files.read(noticeFolders.incidents, slug);
  return text !== undefined && decodeJson(text, noticeState) === undefined;
}
