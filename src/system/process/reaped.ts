/** Runs a command below the reaper: its process tree is gone when the reaper has no child left. */
import { clock } from '../time/clock.ts';
import type { EndBy, Launch, ProcessIdentity, RunningCommand, Survivor, WaitStatus } from '../types/process.ts';
import { descendantsOf, named } from './family.ts';
import type { Process } from './proc.ts';
import { lostGraceMs, type Reaper, type ReaperPlace, startReaper, streamsOf, type Word } from './reaper.ts';
import {
  askToEnd,
  endAll,
  killAll,
  type ProcessTree,
  type Swept,
  sweepLimitMs,
  untilNoneLives,
  within,
} from './sweep.ts';

export type ReaperAnswer =
  | { readonly is: 'launched'; readonly command: RunningCommand }
  | { readonly is: 'refused'; readonly stage: string; readonly errno: number; readonly text: string }
  /** The reaper was killed while it started the command. No process of the command lives. */
  | { readonly is: 'lost'; readonly reason: string }
  /** The reaper does not work on this host. Nothing has been started. */
  | { readonly is: 'unavailable' };

/**
 * The time after which a command counts as launched although the reaper has not said so. A working
 * directory on a dead file system may never answer, and a job may suspend its own reaper; neither
 * may keep run-job from its timeout.
 */
const startPatienceMs = 5000;

export async function launchUnderReaper(launch: Launch, runId: string, place: ReaperPlace): Promise<ReaperAnswer> {
  const reaper = startReaper(launch, place, streamsOf(launch));
  if (reaper === undefined || (await reaper.nextWord()).is !== 'ready') return { is: 'unavailable' };
  const forked = await reaper.nextWord();
  if (forked.is !== 'forked') return notStarted(forked, { runId, ...stopOf(launch) });
  const tree = { runId, leader: forked.leader, ...stopOf(launch) };
  const start = reaper.nextWord();
  if ((await within(startPatienceMs, start)) && (await start).is !== 'started') return notStarted(await start, tree);
  return { is: 'launched', command: new ReapedCommand(reaper, start, tree) };
}

interface Watched extends ProcessTree {
  readonly orphanGraceMs: number;
}

function stopOf({ stopSignal, orphanGraceMs = lostGraceMs }: Launch): Omit<Watched, 'runId'> {
  return { orphanGraceMs, ...(stopSignal !== undefined && { stopSignal }) };
}

async function notStarted(word: Word, tree: Watched): Promise<ReaperAnswer> {
  if (word.is === 'failed') return { ...word, is: 'refused' };
  await endAll(tree, tree.orphanGraceMs);
  return { is: 'lost', reason: reasonOf(word) };
}

/** The reason why it is not known how a command ended. */
function reasonOf(word: Word): string {
  switch (word.is) {
    case 'lost':
      return word.reason;
    case 'failed':
      return `it could not be started after all (${word.stage}: ${word.text})`;
    default:
      return `its reaper said "${word.is}"`;
  }
}

class ReapedCommand implements RunningCommand {
  readonly leader: ProcessIdentity;
  readonly ended: Promise<WaitStatus>;
  readonly overdue: Promise<void>;
  readonly #reaper: Reaper;
  readonly #tree: Watched;
  /** Resolves when no process is left, or when those that are left can't be killed. */
  readonly #over: Promise<Swept>;
  #asked: Promise<ReadonlySet<number>> | undefined;
  #abandoned = false;

  constructor(reaper: Reaper, start: Promise<Word>, tree: Watched & { readonly leader: ProcessIdentity }) {
    this.leader = tree.leader;
    this.#reaper = reaper;
    this.#tree = tree;
    this.overdue = reaper.overdue;
    const end = start.then((word) => (word.is === 'started' ? reaper.nextWord() : word));
    this.#over = end
      .then((word) => (word.is === 'ended' ? reaper.nextWord() : word))
      .then((word) => (word.is === 'gone' ? { survivors: [], swept: word.swept } : this.#endOrphans()));
    this.ended = end.then(async (word) => {
      if (word.is === 'ended') return word.status;
      await this.#over;
      return { is: 'unknown', reason: reasonOf(word) };
    });
  }

  setEndBy(endBy: EndBy): void {
    this.#reaper.setEndBy(endBy);
  }

  async stop(graceMs: number): Promise<Swept> {
    const endMs = clock.monotonicMs() + graceMs;
    // Processes that another program (at, a terminal multiplexer) started for the job are not below
    // the reaper.
    const { leader: _below, ...marks } = this.#tree;
    const outside = { ...marks, except: this.#reaper.pid };
    this.#reaper.say('t');
    this.#asked ??= askToEnd(outside);
    const asked = await this.#asked;
    if (await within(graceMs, this.#over)) await untilNoneLives(outside, endMs - clock.monotonicMs());
    this.#reaper.say('k');
    const [below, beside] = await Promise.all([this.#overOrNamed(), killAll(outside, asked)]);
    return { survivors: [...below.survivors, ...beside.survivors], swept: below.swept + beside.swept };
  }

  async leftovers(patienceMs: number): Promise<readonly Survivor[]> {
    if (await within(patienceMs, this.#over)) return (await this.#over).survivors;
    return named(this.#living().filter(({ pid }) => pid !== this.leader.pid));
  }

  abandon(): void {
    this.#abandoned = true;
    this.#reaper.abandon();
  }

  detach(): void {
    this.#abandoned = true;
    this.#reaper.unref();
  }

  /** The result, or what lives when the limit has passed; the reaper then goes on. */
  async #overOrNamed(): Promise<Swept> {
    if (await within(sweepLimitMs, this.#over)) return this.#over;
    const living = this.#living();
    return { survivors: named(living), swept: living.length };
  }

  #living(): readonly Process[] {
    return descendantsOf(this.#reaper.pid);
  }

  /** Ends by a sweep what a killed reaper has left, which wait(2) can't see. */
  async #endOrphans(): Promise<Swept> {
    return this.#abandoned ? { survivors: [], swept: 0 } : endAll(this.#tree, this.#tree.orphanGraceMs);
  }
}
