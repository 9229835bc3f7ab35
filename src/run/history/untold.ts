/** The run that people should have been told of and were not, as the end of a history carries it. */
import type { NoticeEvent, Untold } from './event.ts';
import { noticesAfter, noticeWords, type RunRecord } from './run-record.ts';

/** The record, if a notice of the run failed. */
export function untoldOf({ run, startedMs, noticeFailed, failedNotices = [] }: Facts): Untold | undefined {
  if (noticeFailed === undefined) return undefined;
  return { run, startedMs, words: noticeFailed, ...(failedNotices.length > 1 && { notices: failedNotices }) };
}

type Facts = Pick<RunRecord, 'run' | 'startedMs' | 'noticeFailed' | 'failedNotices'>;

/** The notices that are still untold after a delivery about a run whose own lines are out of sight. */
export function untoldAfter(untold: Untold | undefined, notice: NoticeEvent): Untold | undefined {
  if (untold?.run !== notice.run) return untold;
  const { run, startedMs, words, notices = [words] } = untold;
  const failedNotices = noticesAfter(notices, notice);
  return untoldOf({
    run,
    startedMs,
    failedNotices,
    ...(failedNotices.length > 0 && { noticeFailed: noticeWords(failedNotices) }),
  });
}
