/**
 * Reads and writes the lines of a history. A reader skips what it can't understand: a torn line, or
 * one that a later version wrote.
 */
import type { HistoryEvent } from './event.ts';
import { readEvent } from './event-decoder.ts';

export function formatEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Returns the events in order, without lines that are no whole event of a known kind. */
export function parseEvents(text: string): readonly HistoryEvent[] {
  return readEvents(text).events;
}

interface ReadLines {
  readonly text: string;
  readonly events: readonly HistoryEvent[];
  readonly unreadable: number;
}

const noLines: ReadLines = { text: '', events: [], unreadable: 0 };

/**
 * The whole lines that were read last. A run reads its history several times, and only a few lines
 * are new each time.
 */
let known = noLines;

/**
 * Returns the events and the number of lines that are damaged or were not written by
 * process-control. Events of a later version are not counted.
 */
export function readEvents(text: string): { readonly events: readonly HistoryEvent[]; readonly unreadable: number } {
  const end = text.lastIndexOf('\n') + 1;
  const whole = text.slice(0, end);
  const before = whole.startsWith(known.text) ? known : noLines;
  const added = readLines(whole.slice(before.text.length));
  known = {
    text: whole,
    events: added.events.length === 0 ? before.events : before.events.concat(added.events),
    unreadable: before.unreadable + added.unreadable,
  };
  // Another program may still be writing the last line, so a torn one is not counted.
  const { events } = readLines(text.slice(end));
  return { events: known.events.concat(events), unreadable: known.unreadable };
}

const string = String.raw`"[^"\\\x00-\x1f]*"`;
const tick = String.raw`,"tick":\{"tickMs":(?:0|[1-9]\d{0,13})(?:,"lateMs":(?:0|[1-9]\d{0,11}))?(?:,"caughtUp":true)?\}`;
/** A line that run-job writes when the clock has started a run. It always decodes. */
const startLine = new RegExp(
  String.raw`^\{"event":"started","run":"([^"\\\x00-\x1f]*)","atMs":(0|[1-9]\d{0,13}),"trigger":\{"by":"clock"\},` +
    String.raw`"jobSha256":${string},"logPath":${string},"host":${string}(?:${tick})?\}$`,
);
/** The runs at the end of a history that are read as they are. */
const wholeRuns = 2;

/**
 * The same of the end of a history, for listings of thousands of jobs: of an earlier run by the clock whose end is the next line, the start is not
 * decoded, and its time stands in the end. Runs of `runIds` are read as they are.
 */
export function readRecentEvents(text: string, runIds: readonly string[]): ReturnType<typeof readEvents> {
  const lines = text.split('\n');
  // Another program may still be writing the last line, so a torn one is not counted.
  const torn = readLines(lines.pop() ?? '').events;
  const events: HistoryEvent[] = [];
  let unreadable = 0;
  let ends = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? '';
    if (line === '') continue;
    const read = readEvent(line);
    if (read.is === 'unreadable' || read.is === 'damaged') unreadable += 1;
    if (read.is !== 'event' && read.is !== 'damaged') continue;
    const { event } = read;
    const startedMs =
      event.event !== 'ended' || ends < wholeRuns || runIds.includes(event.run)
        ? undefined
        : startIn(lines[index - 1] ?? '', event.run);
    if (event.event === 'ended') ends += 1;
    if (startedMs === undefined || event.event !== 'ended') events.push(event);
    else {
      events.push({ ...event, startedMs });
      index -= 1;
    }
  }
  return { events: [...events.reverse(), ...torn], unreadable };
}

/** The time of a start; `undefined` if the line is not that of this run. */
function startIn(line: string, run: string): number | undefined {
  const found = startLine.exec(line);
  return found?.[1] === run ? Number(found[2]) : undefined;
}

/**
 * The number of damaged lines behind the last event that says how the job is: they may be later runs.
 * A torn last line counts if nothing else is there, since otherwise it may still be being written.
 */
export function damagedAtEnd(text: string): number {
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  const isAlone = lines.every((line) => line === '');
  let damaged = 0;
  for (const line of isAlone ? [torn] : lines.reverse()) {
    if (line === '') continue;
    const read = readEvent(line);
    if (read.is === 'unreadable' || read.is === 'damaged') damaged += 1;
    else if (read.is === 'event' && ['ended', 'summary', 'not-started'].includes(read.event.event)) break;
  }
  return damaged;
}

function readLines(text: string): Pick<ReadLines, 'events' | 'unreadable'> {
  const events: HistoryEvent[] = [];
  let unreadable = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const read = readEvent(line);
    if (read.is === 'event' || read.is === 'damaged') events.push(read.event);
    if (read.is === 'unreadable' || read.is === 'damaged') unreadable += 1;
  }
  return { events, unreadable };
}
