/** One message for one channel, as it waits in the outbox: worded, so that nothing but the channel's secrets has to be read again. */
import type { Channel } from '../../job/keys/notices.ts';
import { count, decodeJson, flag, list, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import type { Payload } from '../payload.ts';
import { channel } from './channel-decoder.ts';

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
  /** It tells of a service, so its run is that of a supervisor, which no history knows. */
  readonly ofService?: true;
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

const payload = shape<Payload>({
  text,
  subject: text,
  body: text,
  occasion: oneOf('start', 'end', 'failure', 'recovery', 'success', 'skipped', 'warning'),
  job: text,
  name: text,
  host: text,
  run: text,
  outcome: text,
  exit_code: optional(count),
  status: optional(oneOf('success', 'failure')),
  started: text,
  ended: optional(text),
  failures_in_a_row: count,
  failing_since: optional(text),
  last_success: optional(text),
  paused: flag,
  log: optional(text),
  remarks: list(text),
  tail: text,
});

const entry = shape<Entry>({
  slug: text,
  run: text,
  channel,
  payload,
  fromAddress: optional(text),
  atMs: time,
  attempts: count,
  nextMs: time,
  reason: optional(text),
  ofService: optional(oneOf(true)),
});

/** `undefined` for what is none of ours. */
export function parseEntry(json: string): Entry | undefined {
  return decodeJson(json, entry);
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
