/** Runs a command below the reaper: what it started is gone when the reaper has no child left. */
import { clock } from '../time/clock.ts';
import type { Launch, ProcessIdentity, RunningCommand, Survivor, WaitStatus } from '../types/process.ts';
import { descendantsOf, named } from './family.ts';
import type { Process } from './proc.ts';
import { lostGraceMs, type Reaper, type ReaperPlace, startReaper, streamsOf, type Word } from './reaper.ts';
import { askToEnd, endAll, killAll, type Quarry, type Swept, sweepLimitMs, untilNoneLives, within } from './sweep.ts';

export type ReaperAnswer =
  | { readonly is: 'launched'; readonly command: RunningCommand }
  | { readonly is: 'refused'; readonly stage: string; readonly errno: number; readonly text: string }
  /** The reaper was killed while it started the command; nothing of it lives. */
  | { readonly is: 'lost'; readonly reason: string }
  /** It does not work here, and nothing has been started. */
  | { readonly is: 'unavailable' };

/**
 * Until a command counts as launched though nobody knows whether it could be started. A working directory on a dead file system may never
 * answer, and a job may stop its own reaper; neither may keep run-job from its timeout.
 */
const startPatienceMs = 5000;

export async function launchUnderReaper(launch: Launch, runId: string, place: ReaperPlace): Promise<ReaperAnswer> {
  const reaper = startReaper(launch, place, streamsOf(launch));
  if (reaper === undefined || (await reaper.nextWord()).is !== 'ready') return { is: 'unavailable' };
  const forked = await reaper.nextWord();
  if (forked.is !== 'forked') return notStarted(forked, { runId, ...stopOf(launch) });
  const quarry = { runId, leader: forked.leader, ...stopOf(launch) };
  const start = reaper.nextWord();
  if ((await within(startPatienceMs, start)) && (await start).is !== 'started') return notStarted(await start, quarry);
  return { is: 'launched', command: new ReapedCommand(reaper, start, quarry) };
}

interface Watched extends Quarry {
  readonly orphanGraceMs: number;
}

function stopOf({ stopSignal, orphanGraceMs = lostGraceMs }: Launch): Omit<Watched, 'runId'> {
  return { orphanGraceMs, ...(stopSignal !== undefined && { stopSignal }) };
}

async function notStarted(word: Word, quarry: Watched): Promise<ReaperAnswer> {
  if (word.is === 'failed') return { ...word, is: 'refused' };
  await endAll(quarry, quarry.orphanGraceMs);
  return { is: 'lost', reason: reasonOf(word) };
}

/** Why it is not known how a command ended. */
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
  readonly #reaper: Reaper;
  readonly #quarry: Watched;
  /** Fulfilled when nothing is left, or when all has been done that can be. */
  readonly #over: Promise<Swept>;
  #asked: Promise<ReadonlySet<number>> | undefined;
  #abandoned = false;

  constructor(reaper: Reaper, start: Promise<Word>, quarry: Watched & { readonly leader: ProcessIdentity }) {
    this.leader = quarry.leader;
    this.#reaper = reaper;
    this.#quarry = quarry;
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

  async stop(graceMs: number): Promise<Swept> {
    const endMs = clock.monotonicMs() + graceMs;
    // Whoever was started in the run's name by somebody outside (at, a terminal multiplexer) is not below the reaper.
    const { leader: _below, ...marks } = this.#quarry;
    const strays = { ...marks, except: this.#reaper.pid };
    this.#reaper.say('t');
    this.#asked ??= askToEnd(strays);
    const asked = await this.#asked;
    if (await within(graceMs, this.#over)) await untilNoneLives(strays, endMs - clock.monotonicMs());
    this.#reaper.say('k');
    const [below, beside] = await Promise.all([this.#overOrNamed(), killAll(strays, asked)]);
    return { survivors: [...below.survivors, ...beside.survivors], swept: below.swept + beside.swept };
  }

  async leftovers(patienceMs: number): Promise<readonly Survivor[]> {
    if (await within(patienceMs, this.#over)) return (await this.#over).survivors;
    return named(this.#living().filter(({ pid }) => pid !== this.leader.pid));
  }

  abandon(): void {
    this.#abandoned = true;
    this.#reaper.letGo();
  }

  detach(): void {
    this.#abandoned = true;
    this.#reaper.unref();
  }

  /** The reaper itself goes on for as long as something lives. */
  async #overOrNamed(): Promise<Swept> {
    if (await within(sweepLimitMs, this.#over)) return this.#over;
    const living = this.#living();
    return { survivors: named(living), swept: living.length };
  }

  #living(): readonly Process[] {
    return descendantsOf(this.#reaper.pid);
  }

  /** The reaper was killed, and what it watched is out of reach for wait(2). */
  async #endOrphans(): Promise<Swept> {
    return this.#abandoned ? { survivors: [], swept: 0 } : endAll(this.#quarry, this.#quarry.orphanGraceMs);
  }
}
