/**
 * A message in the outbox: worded, for one channel. Only the channel's secrets are read when it is
 * sent.
 */
import type { Channel } from '../../job/keys/notices.ts';
import { count, decodeJson, flag, list, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import type { Payload } from '../payload.ts';
import { channelName } from '../routing.ts';
import { channel } from './channel-decoder.ts';

export interface Entry {
  readonly slug: string;
  readonly run: string;
  readonly channel: Channel;
  readonly payload: Payload;
  /** Sender of a mail; absent: the service user at this host. */
  readonly fromAddress?: string;
  /** The time of the event, milliseconds since 1970. */
  readonly atMs: number;
  /** Attempts so far, and the time of the next one. */
  readonly attempts: number;
  readonly nextMs: number;
  /** The reason why the last attempt failed. */
  readonly reason?: string;
  /**
   * Recipients of a mail who have not got it, after an attempt that reached some; absent: all of
   * them.
   */
  readonly remaining?: string;
  /** The message is about a service. Its `run` is the supervisor's, and in no history. */
  readonly ofService?: true;
  /** The message is failmail: a mail whose channel is not in `notify`. */
  readonly isFailmail?: true;
}

/**
 * The file name, the same for the same event, occasion and channel: an event that is worded again
 * after a crash does not become a second message. It sorts by time. Callers who may not read the
 * file read the job, the time and the occasion in its name.
 */
export function entryName(
  { slug, run, atMs, channel, payload }: Omit<Entry, 'attempts' | 'nextMs'>,
  position: number | 'failmail',
): string {
  // The run of a missed tick is named after the tick.
  const named = run.replaceAll(/[^\w-]/g, '_').slice(-60);
  return `${slug}@${String(atMs).padStart(15, '0')}-${named}-${position}.${channel.kind}.${payload.occasion}.json`;
}

/** The name of the recipient in logs, histories and listings. */
export function recipientName({ channel, isFailmail }: Pick<Entry, 'channel' | 'isFailmail'>): string {
  return isFailmail ? 'failmail' : channelName(channel);
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
  remaining: optional(text),
  ofService: optional(oneOf(true)),
  isFailmail: optional(oneOf(true)),
});

/** `undefined` for text that is no entry. */
export function parseEntry(json: string): Entry | undefined {
  return decodeJson(json, entry);
}
