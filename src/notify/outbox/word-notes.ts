/**
 * Turns notes into messages in the outbox: reads on in each job's history from where it was left, decides what there is to tell of each
 * event, and to whom. Written first, then remembered: a crash between the two tells something twice rather than never.
 */

import { triggerWords } from '../../report/text/history.ts';
import { type HistoryEvent, parseEvents } from '../../run/history/event.ts';
import { extendStreak, foldHistory, type History, outcomeOf, type RunRecord } from '../../run/history/history.ts';
import { earlierHistory } from '../../run/history/predecessor.ts';
import { type Outcome, outcomeWords } from '../../run/outcome/outcome.ts';
import type { HistoryStore, StateFiles } from '../../system/types/state.ts';
import type { Zone } from '../../zone/zone.ts';
import { heardBy } from '../hearing.ts';
import { consider, type NoticeState, type Telling } from '../incident.ts';
import { readNoticeState } from '../notice-states.ts';
import { payloadOf } from '../payload.ts';
import type { RunReport } from '../report.ts';
import { type Entry, entryName } from './entry.ts';
import { parseNote, type RunNote } from './note.ts';
import { noticeFolders } from './note-folders.ts';

export interface Wording {
  /** Notes and outbox: what only the service user may read. */
  readonly spool: StateFiles;
  readonly incidents: StateFiles;
  readonly history: HistoryStore;
  readonly timeZone: Zone;
  /** The last lines of output in a log; empty where there is none. */
  readonly endOfLog: (path: string) => string;
  /** For what goes wrong. */
  readonly complain: (words: string) => void;
}

/** Every note, oldest first, job by job. A note is gone when what it led to is on disk. */
export function wordNotes(wording: Wording): void {
  const read = wording.spool.readAll(noticeFolders.notes);
  const notes = read.flatMap(({ name, text }) => {
    const note = parseNote(text);
    if (note === undefined) wording.spool.remove(noticeFolders.notes, name);
    return note === undefined ? [] : [{ name, note }];
  });
  notes.sort((a, b) => a.note.atMs - b.note.atMs);
  const slugs = new Set(notes.map(({ note }) => note.slug));
  for (const slug of slugs) {
    const own = notes.filter(({ note }) => note.slug === slug);
    if (
      !attempt(
        slug,
        own.map(({ note }) => note),
        wording,
      )
    )
      continue;
    for (const { name } of own) wording.spool.remove(noticeFolders.notes, name);
  }
}

/** A mistake of ours about one job must not keep the others' notices back. */
function attempt(slug: string, notes: readonly RunNote[], wording: Wording): boolean {
  try {
    return wordJob(slug, notes, wording);
  } catch (error) {
    wording.complain(`${slug}: internal error, a notice was lost: ${(error as Error).message}`);
    return true;
  }
}

function wordJob(slug: string, notes: readonly RunNote[], wording: Wording): boolean {
  const events = allEvents(slug, notes, wording.history);
  const known = readNoticeState(wording.incidents, slug);
  const { from, isKnown } = firstNew(events, known, notes);
  const earlier = earlierHistory(wording.history.predecessor(slug));
  let state: NoticeState =
    isKnown && known !== undefined
      ? known
      : { skips: 0, ...known, streak: foldHistory(events.slice(0, from), earlier).streak };
  const { runs } = foldHistory(events, earlier);
  for (const event of events.slice(from)) {
    const note = noteOf(event, notes);
    const considered = consider(event, state, {
      after: note.after,
      pauses: note.pause !== undefined && note.run === event.run,
      ...(note.skipThreshold !== undefined && { skipThreshold: note.skipThreshold }),
    });
    state = considered.state;
    const tellings =
      note.run === event.run ? considered.tellings : considered.tellings.filter((telling) => isNews(telling, event));
    const happened = { event, note, tellings, state, record: recordOf(event, runs) };
    for (const [name, entry] of entriesOf(happened, wording)) {
      const written = wording.spool.write(noticeFolders.outbox, name, JSON.stringify(entry));
      if (!written.ok) {
        wording.complain(`${slug}: a notice could not be kept: ${written.reason}`);
        return false;
      }
    }
  }
  const written = wording.incidents.write(noticeFolders.incidents, slug, `${JSON.stringify(state)}\n`);
  if (!written.ok) wording.complain(`${slug}: its incident could not be recorded: ${written.reason}`);
  return true;
}

/** The history, and the ends that could not be written there. */
function allEvents(slug: string, notes: readonly RunNote[], history: HistoryStore): readonly HistoryEvent[] {
  const written = parseEvents(history.read(slug));
  const ended = new Set(written.filter((event) => outcomeOf(event) !== undefined).map(({ run }) => run));
  const lost = notes.filter((note) => note.phase === 'ended' && note.outcome !== undefined && !ended.has(note.run));
  if (lost.length === 0) return written;
  const base = foldHistory(written, earlierHistory(history.predecessor(slug)));
  return [...written, ...lost.map((note) => endOf(note, base))];
}

function endOf({ run, atMs, outcome, trigger, host }: RunNote, { streak }: History): HistoryEvent {
  if (outcome?.kind === 'skipped') return { event: 'skipped', run, atMs, trigger, host, outcome };
  if (outcome?.kind === 'not-started') return { event: 'not-started', run, atMs, trigger, host, outcome };
  if (outcome === undefined) return { event: 'interrupted', run, atMs };
  const extended = extendStreak(streak, outcome, atMs);
  return { event: 'ended', run, atMs, outcome, durationMs: 0, attempt: 1, streak: extended };
}

/** The place in `events` of the first that was not considered yet; whether the state is that of the event before it. */
function firstNew(
  events: readonly HistoryEvent[],
  state: NoticeState | undefined,
  notes: readonly RunNote[],
): { readonly from: number; readonly isKnown: boolean } {
  const seen = state?.seen;
  const last = events.findLastIndex(
    ({ event, run, atMs }) => event === seen?.event && run === seen.run && atMs === seen.atMs,
  );
  if (last !== -1) return { from: last + 1, isKnown: true };
  // Never looked at before, or rotated away since: what is older than the oldest note is not news, but for what its run has found.
  const first = notes[0]?.run;
  let from = events.findIndex(({ run }) => run === first);
  if (from === -1) from = events.length;
  while (events[from - 1]?.event === 'interrupted') from -= 1;
  return { from, isKnown: false };
}

/**
 * Of a run that left no note: it was killed, or there was nobody to hear. Who hears may have changed since, and must not get a month of
 * old warnings.
 */
function isNews(telling: Telling, event: HistoryEvent): boolean {
  if (telling.is === 'failure' || telling.is === 'recovery') return true;
  return event.event === 'missed' || (telling.is === 'end' && telling.status === 'failure');
}

/** A run that was killed before it could leave a note is told as the next one would be. */
function noteOf(event: HistoryEvent, notes: readonly RunNote[]): RunNote {
  const own = notes.filter(({ run }) => run === event.run);
  const note =
    own.find(({ phase }) => phase === (event.event === 'started' ? 'started' : 'ended')) ?? own[0] ?? notes.at(-1);
  if (note === undefined) throw new Error('a job is worded when there is a note of it');
  return note;
}

function recordOf(event: HistoryEvent, runs: readonly RunRecord[]): RunRecord | undefined {
  return runs.find(({ run }) => run === event.run);
}

interface Happened {
  readonly event: HistoryEvent;
  readonly note: RunNote;
  readonly tellings: readonly Telling[];
  readonly state: NoticeState;
  readonly record: RunRecord | undefined;
}

function entriesOf(happened: Happened, { timeZone, endOfLog }: Wording): readonly (readonly [string, Entry])[] {
  const { event, note, tellings } = happened;
  const outcome = outcomeOf(event);
  return note.channels.flatMap((channel, position) => {
    const telling = heardBy(channel, tellings);
    if (telling === undefined) return [];
    const report = reportOf(happened, telling, endOfLog);
    const entry: Entry = {
      ...{ slug: note.slug, run: event.run, atMs: event.atMs, attempts: 0, nextMs: event.atMs, channel },
      ...(note.fromAddress !== undefined && { fromAddress: note.fromAddress }),
      payload: payloadOf(telling, report, { timeZone, ...(outcome !== undefined && { outcome }) }),
    };
    return [[entryName(entry, position), entry] as const];
  });
}

function reportOf(
  { event, note, tellings, state, record }: Happened,
  telling: Telling,
  endOfLog: Wording['endOfLog'],
): RunReport {
  const own = note.run === event.run ? note : undefined;
  const outcome = outcomeOf(event);
  const logPath = own?.logPath ?? record?.logPath;
  const warned = tellings.flatMap((other) => (other.is === 'warning' && other !== telling ? [other.words] : []));
  const { failures, failingSinceMs, lastSuccessMs } = state.streak;
  return {
    ...{ slug: note.slug, name: note.name, host: note.host, runId: event.run },
    ...(note.description !== undefined && { description: note.description }),
    outcome: outcome === undefined ? 'has started' : outcomeWords(outcome),
    trigger: triggerWords(own?.trigger ?? record?.trigger) ?? '',
    startedMs: own?.startedMs ?? record?.startedMs ?? event.atMs,
    endedMs: event.atMs,
    failuresInARow: failures,
    ...(failingSinceMs !== undefined && { failingSinceMs }),
    ...(lastSuccessMs !== undefined && { lastSuccessMs }),
    remarks: [...new Set([...(own?.remarks ?? []), ...warned])],
    tail: own?.phase === 'ended' ? own.tail : tailOfLost(outcome, logPath, endOfLog),
    ...(logPath !== undefined && { logPath }),
    ...(own?.pause !== undefined && { pause: own.pause }),
  };
}

/** A run that was killed could not hand over its last words; its log has them. */
function tailOfLost(outcome: Outcome | undefined, logPath: string | undefined, endOfLog: Wording['endOfLog']): string {
  return outcome === undefined || logPath === undefined ? '' : endOfLog(logPath);
}
