/** What happened to a service, a line each in its history: changes of its state, each death, and what people decided. `jobctl history` shows them. */

export interface JournalEntry {
  readonly atMs: number;
  readonly words: string;
  /** The state that the service has from here on. */
  readonly state?: string;
  /** An instance has ended that nobody had told to. */
  readonly died?: true;
  /** Of what a person has decided. */
  readonly action?: 'start' | 'stop' | 'restart' | 'reset' | 'snooze';
  readonly by?: string;
  readonly reason?: string;
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
    const { atMs, words, state, died, action, by, reason } = JSON.parse(line) as JournalEntry;
    if (!Number.isFinite(atMs) || typeof words !== 'string') return undefined;
    return {
      ...{ atMs, words },
      ...(typeof state === 'string' && { state }),
      ...(died === true && { died }),
      ...(typeof action === 'string' && { action }),
      ...(typeof by === 'string' && { by }),
      ...(typeof reason === 'string' && { reason }),
    };
  } catch {
    return undefined;
  }
}

/** Which instance an entry is about: 2 for "web.2 exited with code 1"; `undefined` when it is about the whole service. */
export function instanceOf(slug: string, { words }: JournalEntry): number | undefined {
  const [, number] = /^\.(\d{1,4})(?: |$)/.exec(words.startsWith(slug) ? words.slice(slug.length) : '') ?? [];
  return number === undefined ? undefined : Number(number);
}
