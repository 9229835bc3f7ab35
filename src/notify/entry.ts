/** One message for one channel, as it waits in the outbox: worded, so that nothing but the channel's secrets has to be read again. */
import type { Channel } from '../job/notices.ts';
import type { Payload } from './payload.ts';

export interface Entry {
  readonly slug: string;
  readonly run: string;
  readonly channel: Channel;
  readonly payload: Payload;
  /** Sender of a mail; absent: the service user at this host. */
  readonly fromAddress?: string;
  /** When that which it tells of happened, milliseconds since 1970. */
  readonly atMs: number;
  /** How often it was tried, and when it is tried again. */
  readonly attempts: number;
  readonly nextMs: number;
  readonly reason?: string;
}

/**
 * The same for the same event, occasion and channel, so that what is worded a second time, after a crash, does not become a second message.
 * It sorts by time, and says to whoever may not read the entry whose it is, since when it waits and what for.
 */
export function entryName(
  { slug, run, atMs, channel, payload }: Omit<Entry, 'attempts' | 'nextMs'>,
  position: number,
): string {
  // The run of a missed tick is named after the tick.
  const named = run.replaceAll(/[^\w-]/g, '_').slice(-60);
  return `${slug}@${String(atMs).padStart(15, '0')}-${named}-${position}.${channel.kind}.${payload.occasion}.json`;
}

/** `undefined` for what is none of ours. */
export function parseEntry(text: string): Entry | undefined {
  try {
    const entry = JSON.parse(text) as Entry;
    const isWhole =
      typeof entry.slug === 'string' &&
      typeof entry.channel?.kind === 'string' &&
      typeof entry.payload?.subject === 'string' &&
      Number.isFinite(entry.atMs) &&
      Number.isFinite(entry.nextMs) &&
      Number.isFinite(entry.attempts);
    return isWhole ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** One that waits, as far as its name tells. */
export interface Undelivered {
  readonly slug: string;
  readonly atMs: number;
  readonly channel: string;
  readonly occasion: string;
}

/** For listings: file names of the outbox, to what has not come through yet, oldest first. Needs no right to read the entries. */
export function undelivered(names: readonly string[]): readonly Undelivered[] {
  return names
    .flatMap((name) => {
      const found = /^([^@]+)@(\d{15})-.*\.(\w+)\.(\w+)\.json$/.exec(name);
      const [, slug = '', atMs, channel = '', occasion = ''] = found ?? [];
      return found === null ? [] : [{ slug, atMs: Number(atMs), channel, occasion }];
    })
    .sort((a, b) => a.atMs - b.atMs);
}
