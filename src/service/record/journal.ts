/** What happened to a service, a line each in its history: changes of its state, each death, and what people decided. `jobctl history` shows them. */

import type { NoticeEvent } from '../../run/history/event.ts';
import { decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';

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

const journalEntry = shape<JournalEntry>({
  atMs: time,
  words: text,
  state: optional(text),
  died: optional(oneOf(true)),
  action: optional(oneOf('start', 'stop', 'restart', 'reset', 'snooze')),
  by: optional(text),
  reason: optional(text),
});

function parseEntry(line: string): JournalEntry | undefined {
  return line.startsWith('{"event":"service"') ? decodeJson(line, journalEntry) : undefined;
}

/** Notices of a service that did not come through, and those that did after that; what came through at once is no news. */
export function noticeEntries(slug: string, notices: readonly NoticeEvent[]): readonly JournalEntry[] {
  const failed = new Set<string>();
  return notices.flatMap((notice): readonly JournalEntry[] => {
    const { event, channel, atMs } = notice;
    if (event === 'notice-failed') {
      failed.add(channel);
      return [{ atMs, words: `${slug}: a notice failed: ${channel}: ${notice.reason}` }];
    }
    return failed.delete(channel) ? [{ atMs, words: `${slug}: a notice came through: ${channel}` }] : [];
  });
}

/** Which instance an entry is about: 2 for "web.2 exited with code 1"; `undefined` when it is about the whole service. */
export function instanceOf(slug: string, { words }: JournalEntry): number | undefined {
  const [, number] = /^\.(\d{1,4})(?: |$)/.exec(words.startsWith(slug) ? words.slice(slug.length) : '') ?? [];
  return number === undefined ? undefined : Number(number);
}
