/**
 * Shows in NAME.run/ that this process has the lock, for as long as it has: proper-lockfile takes it, watches it and gives it back.
 *
 * When somebody takes the directory away meanwhile it is made again: the kernel's lock keeps others out, but status looks here.
 */
import { lock } from 'proper-lockfile';
import { codeOf, StageError } from '../file/stage.ts';
import { type Abandoned, RunDirectory } from './directory.ts';
import type { OwnerFacts } from './owner.ts';

export interface EntryTerms {
  /** Absolute path of NAME.run. */
  readonly place: string;
  /** Name of our file in it. */
  readonly owner: string;
  readonly abandoned: Abandoned;
  /** Makes the directory above again. */
  readonly restore: () => void;
  /** Takes remarks about what goes wrong while the lock is held. */
  readonly say: (remark: string) => void;
}

/** How soon it is noticed that the directory was taken away. */
const watchEveryMs = 10_000;

/** Never reached, since `stat` is answered without a clock; longer than `watchEveryMs` and short enough for a timer. */
const staleMs = 24 * 3_600_000;

export class RunEntry {
  readonly #terms: EntryTerms;
  #facts: OwnerFacts;
  #directory: RunDirectory | undefined;
  #giveBack: (() => Promise<void>) | undefined;
  #again: NodeJS.Timeout | undefined;
  #isWanted = true;

  constructor(terms: EntryTerms, facts: OwnerFacts) {
    this.#terms = terms;
    this.#facts = facts;
  }

  /** Whether NAME.run shows this process now; false when somebody else has it. Throws a StageError. */
  async publish(): Promise<boolean> {
    const { place, owner, abandoned } = this.#terms;
    const directory = new RunDirectory(place, owner);
    try {
      directory.stage(this.#facts);
      this.#giveBack = await lock(place, {
        lockfilePath: place,
        realpath: false,
        stale: staleMs,
        update: watchEveryMs,
        fs: directory.fileSystem(abandoned),
        onCompromised: (error) => this.#lost(error.message),
      });
      this.#directory = directory;
      return true;
    } catch (error) {
      directory.unstage();
      if (codeOf(error) === 'ELOCKED') return false;
      throw error instanceof StageError ? error : new StageError(`publishing ${place}`, error);
    }
  }

  /** Tells status, and whoever finds the run orphaned, more about it. */
  record(facts: OwnerFacts): void {
    this.#facts = facts;
    this.#directory?.rewrite(facts);
  }

  /** Takes the entry away, if it is still there. */
  async withdraw(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#again);
    try {
      await this.#giveBack?.();
    } catch (error) {
      // Whoever comes next sees that the owner is dead.
      this.#terms.say(`${this.#terms.place} can't be taken away: ${String(error)}`);
    }
  }

  #lost(reason: string): void {
    this.#directory = undefined;
    this.#giveBack = undefined;
    this.#terms.say(`${this.#terms.place} was taken away while the run has it (${reason}); it is made again`);
    this.#publishAgain((problem) => this.#terms.say(`${this.#terms.place} can't be made again yet: ${problem}`));
  }

  /** Tries until it works or nobody wants it any more. */
  #publishAgain(tellOnce: (problem: string) => void): void {
    this.#restore().catch((error: unknown) => {
      tellOnce(String(error));
      this.#again = setTimeout(() => this.#publishAgain(() => {}), watchEveryMs).unref();
    });
  }

  async #restore(): Promise<void> {
    if (!this.#isWanted) return;
    this.#terms.restore();
    if (!(await this.publish())) throw new Error('another process has it');
    if (!this.#isWanted) await this.withdraw();
  }
}
