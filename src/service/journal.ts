/** What happened to a service, a line each in its history: changes of its state, and each death. `jobctl history` shows them. */

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

function parseEntry(line: string): JournalEntry | undefined {
  if (!line.startsWith('{"event":"service"')) return undefined;
  try {
    const { atMs, words, state } = JSON.parse(line) as JournalEntry;
    if (!Number.isFinite(atMs) || typeof words !== 'string') return undefined;
    return { atMs, words, ...(typeof state === 'string' && { state }) };
  } catch {
    return undefined;
  }
}
