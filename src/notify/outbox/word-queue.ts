/**
 * Turns queued runs into messages in the outbox: reads on in each job's history from the last event
 * that was considered, and routes the news of each event to its recipients. The outbox is written
 * first, then the notice state: after a crash between the two a message is sent twice, none is lost.
 */

import type { HistoryEvent } from '../../run/history/event.ts';
import { parseEvents } from '../../run/history/event-lines.ts';
import { foldHistory, type History } from '../../run/history/history.ts';
import { earlierHistory } from '../../run/history/predecessor.ts';
import { outcomeOf } from '../../run/history/run-record.ts';
import { extendStreak } from '../../run/history/streak.ts';
import type { LogLevel } from '../../system/types/own-log.ts';
import type { HistoryStore, StateFiles } from '../../system/types/state.ts';
import { defined } from '../../text/defined.ts';
import { printable } from '../../text/printable.ts';
import type { Zone } from '../../zone/zone.ts';
import { consider, type News, type NoticeState } from '../incident.ts';
import { readNoticeState } from '../notice-states.ts';
import { payloadOf } from '../payload.ts';
import { type ReportedEvent, reportOf } from '../report.ts';
import { dueFailmail, newsFor } from '../routing.ts';
import { failureMessage } from '../text/failmail.ts';
import { noticeMessage } from '../text/notice.ts';
import { type Entry, entryName } from './entry.ts';
import { noticeFolders } from './folders.ts';
import { parseQueuedRun, type QueuedRun } from './queued-run.ts';

export interface Wording {
  /** Queue and outbox; only the service user may read them. */
  readonly files: StateFiles;
  readonly incidents: StateFiles;
  readonly history: HistoryStore;
  readonly timeZone: Zone;
  /** The last lines of output in a log; empty if there is none. */
  readonly endOfLog: (path: string) => string;
  readonly log: (level: LogLevel, words: string) => void;
}

/**
 * Words the queue, job by job, oldest first. A run leaves the queue when its messages are on disk.
 */
export function wordQueue(wording: Wording): void {
  const { files } = wording;
  const runs = files.readAll(noticeFolders.queue).flatMap(({ name, text }) => {
    const queued = parseQueuedRun(text);
    if (queued === undefined) {
      wording.log('error', lostWords(noticeFolders.queue, name));
      files.remove(noticeFolders.queue, name);
    }
    return queued === undefined ? [] : [{ name, queued }];
  });
  runs.sort((a, b) => a.queued.atMs - b.queued.atMs);
  for (const slug of new Set(runs.map(({ queued }) => queued.slug))) {
    const own = runs.filter(({ queued }) => queued.slug === slug);
    if (
      !tryJob(
        slug,
        own.map(({ queued }) => queued),
        wording,
      )
    )
      continue;
    for (const { name } of own) files.remove(noticeFolders.queue, name);
  }
}

/** The words about a file that is torn, planted, or of a later version: it is removed, and not silently. */
export function lostWords(folder: string, name: string): string {
  return `a notice was lost, since its file can't be read and was removed: ${printable(`${folder}/${name}`)}`;
}

/** An internal error about one job must not hold back the notices of the others. */
function tryJob(slug: string, queued: readonly QueuedRun[], wording: Wording): boolean {
  try {
    return wordJob(slug, queued, wording);
  } catch (error) {
    wording.log('error', `${slug}: internal error, a notice was lost: ${(error as Error).message}`);
    return true;
  }
}

/** False if the disk did not take a message: then the runs stay in the queue. */
function wordJob(slug: string, queued: readonly QueuedRun[], wording: Wording): boolean {
  const events = allEvents(slug, queued, wording.history);
  const known = readNoticeState(wording.incidents, slug);
  const { from, isKnown } = firstNew(events, known, queued);
  const earlier = earlierHistory(wording.history.predecessor(slug));
  let state: NoticeState =
    isKnown && known !== undefined
      ? known
      : { skips: 0, ...known, streak: foldHistory(events.slice(0, from), earlier).streak };
  const { runs } = foldHistory(events, earlier);
  for (const [offset, event] of events.slice(from).entries()) {
    const run = queuedFor(event, queued);
    const considered = consider(event, state, {
      ...defined({ after: run.after, skipThreshold: run.skipThreshold }),
      pauses: run.pause !== undefined && run.run === event.run,
    });
    state = considered.state;
    const isCurrent = run.run === event.run || isLastBeforeQueued(events, from + offset, queued);
    const news =
      run.run === event.run ? considered.news : considered.news.filter((each) => isNews(each, event, isCurrent));
    const record = runs.find((each) => each.run === event.run);
    const reported = { event, queued: run, record, streak: state.streak, endOfLog: wording.endOfLog };
    for (const [name, entry] of entriesOf(reported, news, wording.timeZone)) {
      const written = wording.files.write(noticeFolders.outbox, name, JSON.stringify(entry));
      if (written.ok) continue;
      wording.log('error', `${slug}: a notice could not be kept: ${written.reason}`);
      return false;
    }
  }
  const written = wording.incidents.write(noticeFolders.incidents, slug, `${JSON.stringify(state)}\n`);
  if (!written.ok) wording.log('error', `${slug}: its incident could not be recorded: ${written.reason}`);
  return true;
}

/** The history, and the ends of queued runs that could not be written there. */
function allEvents(slug: string, queued: readonly QueuedRun[], history: HistoryStore): readonly HistoryEvent[] {
  const written = parseEvents(history.read(slug));
  const ended = new Set(written.filter((event) => outcomeOf(event) !== undefined).map(({ run }) => run));
  const lost = queued.filter(
    ({ phase, outcome, run }) => phase === 'ended' && outcome !== undefined && !ended.has(run),
  );
  if (lost.length === 0) return written;
  const base = foldHistory(written, earlierHistory(history.predecessor(slug)));
  return [...written, ...lost.map((run) => endOf(run, base))];
}

function endOf({ run, atMs, outcome, trigger, host }: QueuedRun, { streak }: History): HistoryEvent {
  if (outcome?.kind === 'skipped') return { event: 'skipped', run, atMs, trigger, host, outcome };
  if (outcome?.kind === 'not-started') return { event: 'not-started', run, atMs, trigger, host, outcome };
  if (outcome === undefined) return { event: 'interrupted', run, atMs };
  const extended = extendStreak(streak, outcome, atMs);
  return { event: 'ended', run, atMs, outcome, durationMs: 0, attempt: 1, streak: extended };
}

/**
 * The index of the first event that has not been considered, and whether `state` is the state
 * before it.
 */
function firstNew(
  events: readonly HistoryEvent[],
  state: NoticeState | undefined,
  queued: readonly QueuedRun[],
): { readonly from: number; readonly isKnown: boolean } {
  const seen = state?.seen;
  const last = events.findLastIndex(
    ({ event, run, atMs }) => event === seen?.event && run === seen.run && atMs === seen.atMs,
  );
  if (last !== -1) return { from: last + 1, isKnown: true };
  // No state yet, or its event has been rotated away. Events before the oldest queued run are no
  // news,
  // except that this run found others interrupted.
  const first = queued[0]?.run;
  let from = events.findIndex(({ run }) => run === first);
  if (from === -1) from = events.length;
  while (events[from - 1]?.event === 'interrupted') from -= 1;
  return { from, isKnown: false };
}

/**
 * Filters the news of a run that is not in the queue: run-job was killed, or it had no recipients.
 * The recipients of today must not get a month of old warnings, and of old failures only the last.
 */
function isNews(news: News, event: HistoryEvent, isCurrent: boolean): boolean {
  if (news.is === 'failed-run') return isCurrent && event.event !== 'skipped';
  if (news.is === 'failure' || news.is === 'recovery') return true;
  return event.event === 'missed' || (news.is === 'end' && news.status === 'failure');
}

/** No other run that is not in the queue ended after this one. */
function isLastBeforeQueued(events: readonly HistoryEvent[], at: number, queued: readonly QueuedRun[]): boolean {
  const next = events.find((event, index) => index > at && outcomeOf(event) !== undefined);
  return next === undefined || queued.some(({ run }) => run === next.run);
}

/**
 * The queued run of this event. A run that was killed has none: its recipients are those of the
 * latest run.
 */
function queuedFor(event: HistoryEvent, queued: readonly QueuedRun[]): QueuedRun {
  const own = queued.filter(({ run }) => run === event.run);
  const phase = event.event === 'started' ? 'started' : 'ended';
  const found = own.find((each) => each.phase === phase) ?? own[0] ?? queued.at(-1);
  if (found === undefined) throw new Error('no run of this job is in the queue');
  return found;
}

type Named = readonly [name: string, entry: Entry];

function entriesOf(reported: ReportedEvent, news: readonly News[], timeZone: Zone): readonly Named[] {
  const failmail = failmailEntry(reported, news, timeZone);
  return [...channelEntries(reported, news, timeZone), ...(failmail === undefined ? [] : [failmail])];
}

function channelEntries(reported: ReportedEvent, news: readonly News[], timeZone: Zone): readonly Named[] {
  const { queued, streak } = reported;
  return queued.channels.flatMap((channel, position) => {
    const own = newsFor(channel, news);
    if (own === undefined) return [];
    const warnings = news.flatMap((other) => (other.is === 'warning' && other !== own ? [other.words] : []));
    const report = reportOf(reported, { failuresInARow: streak.failures, warnings });
    const payload = payloadOf(own, report, noticeMessage(own, report, timeZone), outcomeOf(reported.event));
    const entry: Entry = { ...unsent(reported), channel, payload, ...defined({ fromAddress: queued.fromAddress }) };
    return [[entryName(entry, position), entry] as const];
  });
}

function failmailEntry(reported: ReportedEvent, news: readonly News[], timeZone: Zone): Named | undefined {
  const { failmail } = reported.queued;
  const failuresInARow = failmail && dueFailmail(failmail, news);
  if (failmail === undefined || failuresInARow === undefined) return undefined;
  const report = reportOf(reported, { failuresInARow, warnings: [] });
  const failure = { is: 'failure', pauses: false } as const;
  const entry: Entry = {
    ...{ ...unsent(reported), isFailmail: true, fromAddress: failmail.from },
    channel: { kind: 'mail', to: failmail.to, on: ['failure'] },
    payload: payloadOf(failure, report, failureMessage(report, timeZone), outcomeOf(reported.event)),
  };
  return [entryName(entry, 'failmail'), entry];
}

function unsent({ queued, event: { run, atMs } }: ReportedEvent) {
  return { slug: queued.slug, run, atMs, attempts: 0, nextMs: atMs };
}
