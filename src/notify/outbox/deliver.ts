/**
 * Empties the queue and the outbox. Each recipient gets its messages in order; recipients are served
 * side by side; a message that fails is tried again with growing pauses. A message leaves the outbox
 * after it was delivered, so a deliverer that is killed may send it twice and loses none.
 */
import { formatEvent } from '../../run/history/event-lines.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { Delivery } from '../../system/types/message.ts';
import { defined } from '../../text/defined.ts';
import { durationWords } from '../../text/duration.ts';
import { type Entry, parseEntry, recipientName } from './entry.ts';
import { noticeFolders } from './folders.ts';
import { lostWords, type Wording, wordQueue } from './word-queue.ts';

/**
 * | mode          | ends                                       | a message that fails        |
 * |---------------|--------------------------------------------|-----------------------------|
 * | `until-empty` | when queue and outbox are empty            | is tried again              |
 * | `once`        | when each message has been tried           | stays in the outbox         |
 * | `unsaved`     | the same; queue and outbox are on no disk  | is given up                 |
 */
export type DeliveryMode = 'until-empty' | 'once' | 'unsaved';

export interface Delivering extends Wording {
  readonly clock: Clock;
  /** Answers within a minute and never rejects. The reason holds no secret. */
  readonly send: (entry: Entry) => Promise<Delivery>;
  /** Resolves when a run has come to the queue, or after `atMostMs`. */
  readonly queueChanged: (atMostMs: number) => Promise<void>;
  /**
   * An upgrade has replaced this program: its successor reads what a newer run-job puts into the
   * queue.
   */
  readonly isReplaced?: () => boolean;
  /** Adds a note to the log of a run. */
  readonly noteInLog?: (logPath: string, words: string) => void;
}

/**
 * Recipients that are served at the same time: a server that hangs must not hold back the others.
 */
const sideBySide = 8;

/** After the first failure; it doubles up to the longest. */
const firstPauseMs = 5000;
const longestPauseMs = 15 * 60_000;

/** A message that is older, and has been tried as often, is given up. */
const giveUpMs = 3 * 24 * 3_600_000;
const giveUpAttempts = 20;
/** Attempts for more than three days, for a message whose time is that of a clock that was wrong. */
const mostAttempts = 300;

/** Messages of a job in the outbox; beyond that the oldest is given up. */
const limitOfJob = 200;

interface Waiting {
  readonly name: string;
  readonly entry: Entry;
}

/**
 * Changes of the outbox that a full or read-only disk did not take: entries that are over and still
 * there, and the next attempt of others. Without it they would be sent in a loop.
 */
type Unwritten = Map<string, Entry | 'over'>;

interface Work {
  readonly world: Delivering;
  readonly mode: DeliveryMode;
  readonly unwritten: Unwritten;
}

export async function deliverNotices(mode: DeliveryMode, world: Delivering): Promise<'done' | 'replaced'> {
  const busy = new Map<string, Promise<void>>();
  const work: Work = { world, mode, unwritten: new Map() };
  for (;;) {
    if (world.isReplaced?.()) {
      await Promise.all(busy.values());
      return 'replaced';
    }
    wordQueue(world);
    const lines = linesOf(readOutbox(work), world);
    // A run that could not be worded, because the disk is full, stays in the queue.
    const isLeft = lines.size > 0 || world.files.names(noticeFolders.queue).length > 0;
    let pauseMs = longestPauseMs;
    for (const [key, [head]] of lines) {
      if (head === undefined || busy.has(key)) continue;
      const dueMs = dueIn(head.entry, world.clock.nowMs());
      pauseMs = Math.min(pauseMs, Math.max(dueMs, 1));
      if (dueMs > 0 || busy.size >= sideBySide) continue;
      busy.set(
        key,
        tryOnce(head, work).finally(() => busy.delete(key)),
      );
    }
    if (busy.size === 0 && (!isLeft || mode !== 'until-empty')) return 'done';
    await Promise.race([...busy.values(), ...(busy.size < sideBySide ? [world.queueChanged(pauseMs)] : [])]);
  }
}

/** The outbox, oldest first. Entries that are too many are given up. */
function readOutbox(work: Work): readonly Waiting[] {
  const { world, unwritten } = work;
  const all = world.files
    .readAll(noticeFolders.outbox)
    .map(({ name, text }) => ({ name, entry: parseEntry(text) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const waiting: Waiting[] = [];
  for (const { name, entry } of all) {
    const known = unwritten.get(name) ?? entry;
    if (known === undefined) world.log('error', lostWords(noticeFolders.outbox, name));
    if (known === undefined || known === 'over') world.files.remove(noticeFolders.outbox, name);
    else waiting.push({ name, entry: known });
  }
  const counts = new Map<string, number>();
  return waiting
    .reverse()
    .filter(({ name, entry }) => {
      const count = (counts.get(entry.slug) ?? 0) + 1;
      counts.set(entry.slug, count);
      if (count <= limitOfJob) return true;
      giveUp({ name, entry }, `more than ${limitOfJob} messages of ${entry.slug} wait`, work);
      return false;
    })
    .reverse();
}

/**
 * Entries by recipient. The start of a run that failed to be delivered is no news once there is a
 * later message.
 */
function linesOf(waiting: readonly Waiting[], { files }: Delivering): ReadonlyMap<string, readonly Waiting[]> {
  const lines = new Map<string, Waiting[]>();
  for (const each of waiting) {
    const key = recipientKey(each.entry);
    const before = lines.get(key) ?? [];
    const isStale = ({ entry }: Waiting) => entry.payload.occasion === 'start' && entry.attempts > 0;
    for (const { name } of before.filter(isStale)) files.remove(noticeFolders.outbox, name);
    lines.set(key, [...before.filter((other) => !isStale(other)), each]);
  }
  return lines;
}

/** One address that a mail server refuses must not hold back the mails to the others. */
function recipientKey({ slug, channel, remaining = '' }: Entry): string {
  return `${slug} ${JSON.stringify(channel)} ${remaining}`;
}

/** Milliseconds from now. A clock that was set back does not put an attempt off. */
function dueIn({ nextMs, attempts }: Entry, nowMs: number): number {
  const waits = nextMs - nowMs;
  return attempts === 0 || waits > longestPauseMs ? 0 : waits;
}

async function tryOnce(waiting: Waiting, work: Work): Promise<void> {
  const delivery = await work.world.send(waiting.entry);
  if (delivery.ok) onDelivered(waiting, work);
  else onFailed(waiting, delivery, work);
}

function onDelivered({ name, entry }: Waiting, { world, unwritten }: Work): void {
  const removed = world.files.remove(noticeFolders.outbox, name);
  if (!removed.ok) {
    unwritten.set(name, 'over');
    world.log('error', `${entry.slug}: a notice that was delivered can't be removed: ${removed.reason}`);
  }
  // The next run that fails ends what is shown about an earlier one; a service has no runs.
  if (entry.attempts === 0 && entry.ofService === undefined) return;
  const channel = recipientName(entry);
  if (entry.attempts > 0)
    world.log('info', `${entry.slug}: ${channel}: a notice was delivered at attempt ${entry.attempts + 1}`);
  record(world, entry, { event: 'notice-delivered', channel });
}

type Failure = Extract<Delivery, { ok: false }>;

function onFailed({ name, entry }: Waiting, { reason, remaining }: Failure, work: Work): void {
  const { mode, world } = work;
  const attempts = entry.attempts + 1;
  const failed: Entry = { ...entry, attempts, reason, ...defined({ remaining: remaining ?? entry.remaining }) };
  const isOld = attempts >= mostAttempts || (world.clock.nowMs() - entry.atMs > giveUpMs && attempts >= giveUpAttempts);
  if (mode === 'unsaved') giveUp({ name, entry: failed }, `${reason}; not saved, so not tried again`, work);
  else if (isOld) giveUp({ name, entry: failed }, `${reason}; given up after ${attempts} attempts`, work);
  else {
    tryLater({ name, entry: failed }, work);
    if (attempts === 1 || entry.reason !== reason) reportFailure(failed, reason, world);
  }
}

function tryLater({ name, entry }: Waiting, { world, unwritten }: Work): void {
  const later: Entry = { ...entry, nextMs: world.clock.nowMs() + pauseAfter(entry) };
  const written = world.files.write(noticeFolders.outbox, name, JSON.stringify(later));
  if (written.ok) unwritten.delete(name);
  else {
    unwritten.set(name, later);
    world.log('error', `${entry.slug}: the next attempt at a notice could not be saved: ${written.reason}`);
  }
}

function pauseAfter({ attempts }: Entry): number {
  return Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs);
}

function reportFailure(entry: Entry, reason: string, world: Delivering): void {
  const channel = recipientName(entry);
  const pause = durationWords(pauseAfter(entry) / 1000);
  world.log('warn', `${entry.slug}: ${channel}: ${reason}; tried again in ${pause}`);
  record(world, entry, { event: 'notice-failed', channel, reason });
}

function giveUp({ name, entry }: Waiting, reason: string, { world, unwritten }: Work): void {
  const channel = recipientName(entry);
  if (!world.files.remove(noticeFolders.outbox, name).ok) unwritten.set(name, 'over');
  world.log('error', `${entry.slug}: ${channel}: "${entry.payload.subject}" was not delivered: ${reason}`);
  record(world, entry, { event: 'notice-failed', channel, reason: `not delivered: ${reason}` });
}

type Recorded =
  | { readonly event: 'notice-failed'; readonly channel: string; readonly reason: string }
  | { readonly event: 'notice-delivered'; readonly channel: string };

function record({ history, clock, noteInLog }: Delivering, { slug, run, payload }: Entry, recorded: Recorded): void {
  history.append(slug, formatEvent({ ...recorded, run, atMs: clock.nowMs() }));
  if (recorded.event === 'notice-failed' && payload.log !== undefined) noteInLog?.(payload.log, failureNote(recorded));
}

/** The words about failmail are kept from the predecessor. */
function failureNote({ channel, reason }: Extract<Recorded, { event: 'notice-failed' }>): string {
  return channel === 'failmail' ? `failmail could not be sent: ${reason}` : `a notice failed: ${channel}: ${reason}`;
}
