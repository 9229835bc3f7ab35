/** Reads and writes the lines of a history. A reader skips what it can't understand: a torn line, or one that a later version wrote. */
import type { HistoryEvent } from './event.ts';
import { readEvent } from './event-decoder.ts';

export function formatEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Events in order; what is not a whole event of a kind that is known here is left out. */
export function parseEvents(text: string): readonly HistoryEvent[] {
  return readEvents(text).events;
}

interface ReadLines {
  readonly text: string;
  readonly events: readonly HistoryEvent[];
  readonly unreadable: number;
}

const noLines: ReadLines = { text: '', events: [], unreadable: 0 };

/** The whole lines that were read last: a run reads its history several times, and each time only a few lines are new. */
let known = noLines;

/** The events, and how many lines are none: damaged, or written by something else. What only a later version knows is not counted. */
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
  // Of a line without an end somebody may be writing the rest.
  const { events } = readLines(text.slice(end));
  return { events: known.events.concat(events), unreadable: known.unreadable };
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
