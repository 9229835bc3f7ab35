/**
 * Empties the outbox: each channel of a job gets its messages in order, channels side by side, a failed message again and again with growing
 * pauses. A message leaves the outbox when it was taken, so a killed process may send one twice and loses none.
 */
import type { Channel } from '../../job/keys/notices.ts';
import { formatEvent } from '../../run/history/event-lines.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { Delivery } from '../../system/types/message.ts';
import type { LogLevel } from '../../system/types/own-log.ts';
import type { HistoryStore, StateFiles } from '../../system/types/state.ts';
import { durationWords } from '../../text/duration.ts';
import { channelName } from '../hearing.ts';
import { type Entry, parseEntry } from './entry.ts';
import { noticeFolders } from './note-folders.ts';
import { type Wording, wordNotes } from './word-notes.ts';

export interface Delivering extends Wording {
  readonly clock: Clock;
  readonly history: HistoryStore;
  readonly spool: StateFiles;
  /** Within a minute; never rejects. Its reason holds no secret. */
  readonly send: (entry: Entry) => Promise<Delivery>;
  /** Resolves when somebody has left a note, or after `atMostMs`. */
  readonly newNote: (atMostMs: number) => Promise<void>;
  readonly log: (level: LogLevel, words: string) => void;
  /** Adds a remark to the log of the run that is told of. */
  readonly noteInLog?: (logPath: string, words: string) => void;
}

/** Channels that are spoken to at the same time: one server that hangs must not keep the others waiting. */
const sideBySide = 8;

/** After the first failure; doubles up to the longest. */
const firstPauseMs = 5000;
const longestPauseMs = 15 * 60_000;

/** What could not be told in so long, and as often, is given up. */
const giveUpMs = 3 * 24 * 3_600_000;
const giveUpAttempts = 20;

/** Waiting messages of a job; the oldest give way. */
const limitOfJob = 200;

interface Waiting {
  readonly name: string;
  readonly entry: Entry;
}

/**
 * What a disk that is full or read-only did not take: messages that are over and still there, and the next time of those that did not.
 * Without it they would be sent in a circle.
 */
type Unwritten = Map<string, Entry | 'over'>;

/** `once`: each message is tried at most once, and nobody waits for what failed. Else until the outbox is empty. */
export async function deliverNotices(mode: 'once' | 'until-empty', world: Delivering): Promise<void> {
  const busy = new Map<string, Promise<void>>();
  const unwritten: Unwritten = new Map();
  for (;;) {
    wordNotes(world);
    const queues = queuesOf(readOutbox(world, unwritten), world);
    // A note that could not be worded yet: a full disk.
    const isLeft = queues.size > 0 || world.spool.names(noticeFolders.notes).length > 0;
    let pauseMs = longestPauseMs;
    for (const [key, [head]] of queues) {
      if (head === undefined || busy.has(key)) continue;
      const dueMs = dueIn(head.entry, world.clock.nowMs());
      pauseMs = Math.min(pauseMs, Math.max(dueMs, 1));
      if (dueMs > 0 || busy.size >= sideBySide) continue;
      const attempt = tryOnce(head, world, unwritten).finally(() => busy.delete(key));
      busy.set(key, attempt);
    }
    if (busy.size === 0 && (!isLeft || mode === 'once')) return;
    await Promise.race([...busy.values(), ...(busy.size < sideBySide ? [world.newNote(pauseMs)] : [])]);
  }
}

/** Oldest first. What is too old, or too much, is given up here. */
function readOutbox(world: Delivering, unwritten: Unwritten): readonly Waiting[] {
  const all = world.spool
    .readAll(noticeFolders.outbox)
    .map(({ name, text }) => ({ name, entry: parseEntry(text) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const waiting: Waiting[] = [];
  for (const { name, entry } of all) {
    const known = unwritten.get(name) ?? entry;
    if (known === undefined || known === 'over') world.spool.remove(noticeFolders.outbox, name);
    else waiting.push({ name, entry: known });
  }
  const counts = new Map<string, number>();
  return waiting
    .reverse()
    .filter(({ name, entry }) => {
      const count = (counts.get(entry.slug) ?? 0) + 1;
      counts.set(entry.slug, count);
      if (count <= limitOfJob) return true;
      giveUp({ name, entry }, `more than ${limitOfJob} messages of ${entry.slug} wait`, { world, unwritten });
      return false;
    })
    .reverse();
}

/** The start of a run that could not be told is no news any more when there is something later to tell. */
function queuesOf(waiting: readonly Waiting[], { spool }: Delivering): ReadonlyMap<string, readonly Waiting[]> {
  const queues = new Map<string, Waiting[]>();
  for (const each of waiting) {
    const key = queueKey(each.entry);
    const before = queues.get(key) ?? [];
    const isStale = ({ entry }: Waiting) => entry.payload.occasion === 'start' && entry.attempts > 0;
    for (const { name } of before.filter(isStale)) spool.remove(noticeFolders.outbox, name);
    queues.set(key, [...before.filter((other) => !isStale(other)), each]);
  }
  return queues;
}

function queueKey({ slug, channel }: { readonly slug: string; readonly channel: Channel }): string {
  return `${slug} ${JSON.stringify(channel)}`;
}

/** Milliseconds from now. A clock that was set back must not put it off for as long. */
function dueIn({ nextMs, attempts }: Entry, nowMs: number): number {
  const waits = nextMs - nowMs;
  return attempts === 0 || waits > longestPauseMs ? 0 : waits;
}

async function tryOnce(waiting: Waiting, world: Delivering, unwritten: Unwritten): Promise<void> {
  const { name, entry } = waiting;
  const delivery = await world.send(entry);
  const channel = channelName(entry.channel);
  if (delivery.ok) {
    const removed = world.spool.remove(noticeFolders.outbox, name);
    if (!removed.ok) {
      unwritten.set(name, 'over');
      world.complain(`${entry.slug}: a notice that came through can not be put aside: ${removed.reason}`);
    }
    // A later run that is told of ends what is said of an earlier one; a service has no runs.
    if (entry.attempts === 0 && entry.ofService === undefined) return;
    if (entry.attempts > 0)
      world.log('info', `${entry.slug}: ${channel}: a notice went out at attempt ${entry.attempts + 1}`);
    record(world, entry, { event: 'notice-delivered', channel });
    return;
  }
  const nowMs = world.clock.nowMs();
  const attempts = entry.attempts + 1;
  const failed = { ...entry, attempts, reason: delivery.reason };
  if (nowMs - entry.atMs > giveUpMs && attempts >= giveUpAttempts) {
    return giveUp({ name, entry: failed }, `${delivery.reason}; given up after ${attempts} attempts`, {
      world,
      unwritten,
    });
  }
  const pauseMs = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs);
  const later: Entry = { ...failed, nextMs: nowMs + pauseMs };
  const kept = world.spool.write(noticeFolders.outbox, name, JSON.stringify(later));
  if (kept.ok) unwritten.delete(name);
  else {
    unwritten.set(name, later);
    world.complain(`${entry.slug}: the next attempt at a notice is not on the disk: ${kept.reason}`);
  }
  if (attempts > 1 && entry.reason === delivery.reason) return;
  world.log('warn', `${entry.slug}: ${channel}: ${delivery.reason}; tried again in ${durationWords(pauseMs / 1000)}`);
  record(world, entry, { event: 'notice-failed', channel, reason: delivery.reason });
}

interface Disk {
  readonly world: Delivering;
  readonly unwritten: Unwritten;
}

function giveUp({ name, entry }: Waiting, reason: string, { world, unwritten }: Disk): void {
  const channel = channelName(entry.channel);
  if (!world.spool.remove(noticeFolders.outbox, name).ok) unwritten.set(name, 'over');
  world.log('error', `${entry.slug}: ${channel}: "${entry.payload.subject}" was not told: ${reason}`);
  record(world, entry, { event: 'notice-failed', channel, reason: `not told: ${reason}` });
}

type Told =
  | { readonly event: 'notice-failed'; readonly channel: string; readonly reason: string }
  | { readonly event: 'notice-delivered'; readonly channel: string };

function record({ history, clock, noteInLog }: Delivering, { slug, run, payload }: Entry, told: Told): void {
  history.append(slug, formatEvent({ ...told, run, atMs: clock.nowMs() }));
  if (told.event === 'notice-failed' && payload.log !== undefined)
    noteInLog?.(payload.log, `a notice failed: ${told.channel}: ${told.reason}`);
}
