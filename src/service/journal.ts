/** What happened to a service, a line each in its history: changes of its state, and each death. `jobctl history` shows them. */
import { decodeJson, optional, shape, text, time } from '../record/decode.ts';

export interface JournalEntry {
  readonly atMs: number;
  readonly words: string;
  /** The state that the service has from here on. */
  readonly state?: string;
}

/** Readers of runs pass over an event that is none of theirs. */
export function formatEntry(entry: JournalEntry): string {
  return `${JSON.stringify({ event: 'service', ...entry })}\n`;
}

export function parseJournal(text: string): readonly JournalEntry[] {
  return text.split('\n').flatMap((line) => parseEntry(line) ?? []);
}

const journalEntry = shape<JournalEntry>({ atMs: time, words: text, state: optional(text) });

function parseEntry(line: string): JournalEntry | undefined {
  return line.startsWith('{"event":"service"') ? decodeJson(line, journalEntry) : undefined;
}
