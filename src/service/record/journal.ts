/**
 * The lines about a service in its history: changes of its state, deaths of instances, and
 * decisions of operators. `jobctl history` shows them.
 */

import type { NoticeEvent } from '../../run/history/event.ts';
import { decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';

export interface JournalEntry {
  readonly atMs: number;
  readonly words: string;
  /** The new state of the service. */
  readonly state?: string;
  /** Set if an instance ended that was not asked to. */
  readonly died?: true;
  /** The decision of an operator. */
  readonly action?: 'start' | 'stop' | 'restart' | 'reset' | 'snooze';
  readonly by?: string;
  readonly reason?: string;
}

/** Returns the line of an entry. Readers of runs skip events of this kind. */
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

/** Returns entries for notices that failed, and for those that were delivered after that. */
export function noticeEntries(slug: string, notices: readonly NoticeEvent[]): readonly JournalEntry[] {
  const failed = new Set<string>();
  return notices.flatMap((notice): readonly JournalEntry[] => {
    const { event, channel, atMs } = notice;
    if (event === 'notice-failed') {
      failed.add(channel);
      return [{ atMs, words: `${slug}: a notice failed: ${channel}: ${notice.reason}` }];
    }
    return failed.delete(channel) ? [{ atMs, words: `${slug}: a notice was delivered: ${channel}` }] : [];
  });
}

/**
 * Returns the instance of an entry: 2 for "web.2 exited with code 1"; `undefined` if it is about
 * the whole service.
 */
export function instanceOf(slug: string, { words }: JournalEntry): number | undefined {
  const [, number] = /^\.(\d{1,4})(?: |$)/.exec(words.startsWith(slug) ? words.slice(slug.length) : '') ?? [];
  return number === undefined ? undefined : Number(number);
}
