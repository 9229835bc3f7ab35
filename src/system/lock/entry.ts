/**
 * Shows in NAME.run/ that this process holds the lock, from its start to its release:
 * proper-lockfile takes, watches and releases the directory.
 *
 * If the directory is removed meanwhile, it is made again: the kernel's lock keeps other runs out,
 * but status looks here.
 */
import { lock } from 'proper-lockfile';
import { codeOf, StageError } from '../file/stage.ts';
import { type Abandoned, RunDirectory } from './directory.ts';
import type { OwnerFacts } from './owner.ts';

export interface EntryTerms {
  /** The absolute path of NAME.run. */
  readonly place: string;
  /** The name of the owner file. */
  readonly owner: string;
  readonly abandoned: Abandoned;
  /** Makes the run directory again. */
  readonly restore: () => void;
  /** Gets a line for each problem while the lock is held. */
  readonly say: (problem: string) => void;
}

/** The time after which a removed directory is noticed. */
const watchEveryMs = 10_000;

/**
 * Has no effect, because `stat` is answered without a clock. Must be longer than `watchEveryMs` and
 * fit a timer.
 */
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

  /** True when NAME.run shows this process, false when another one has it. Throws a StageError. */
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

  /** Rewrites the record, for status and for a sweep of an orphaned run. */
  record(facts: OwnerFacts): void {
    this.#facts = facts;
    this.#directory?.rewrite(facts);
  }

  /** Removes the entry, if it is still there. */
  async withdraw(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#again);
    try {
      await this.#giveBack?.();
    } catch (error) {
      // The next run-job sees that the owner is dead.
      this.#terms.say(`${this.#terms.place} can't be removed: ${String(error)}`);
    }
  }

  #lost(reason: string): void {
    this.#directory = undefined;
    this.#giveBack = undefined;
    this.#terms.say(`${this.#terms.place} was removed while the run holds it (${reason}); it is made again`);
    this.#publishAgain((problem) => this.#terms.say(`${this.#terms.place} can't be made again yet: ${problem}`));
  }

  /** Retries until it succeeds or the lock is released. */
  #publishAgain(sayOnce: (problem: string) => void): void {
    this.#restore().catch((error: unknown) => {
      sayOnce(String(error));
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
