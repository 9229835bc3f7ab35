/**
 * NAME.run/ on the disk: a directory that appears together with its owner's file.
 *
 * proper-lockfile by itself makes an empty directory, judges by its age whether it is abandoned,
 * and removes it even if it has a new owner by then. This file replaces its calls of node:fs so
 * that each step becomes safe:
 *   mkdir      renames a directory that already contains the owner file: a lock always
 *              has an owner, and an empty directory is free;
 *   stat       returns the earliest or the latest of all dates, as the owner is
 *              dead or alive, so that no clock decides;
 *   rmdir      removes owner files by name, which are never reused, and the directory
 *              only when it is empty then;
 *   rmdirSync  does nothing: proper-lockfile calls it when the process exits, but a job
 *              may outlive its run-job.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { openForWriting } from '../file/new-file.ts';
import { codeOf, during, unless } from '../file/stage.ts';
import { formatFacts, type OwnerFacts } from './owner.ts';

/**
 * Returns the owner files that may be removed; `undefined` when a run holds the lock. The caller
 * has the kernel's lock.
 */
export type Abandoned = () => readonly string[] | undefined;

/** The earliest and the latest of all dates, which proper-lockfile compares with its own clock. */
const everAbandoned = new Date(-8.64e15);
const everFresh = new Date(8.64e15);

export class RunDirectory {
  readonly #place: string;
  readonly #owner: string;
  #isOurs = false;
  #stamp = everFresh;

  constructor(place: string, owner: string) {
    this.#place = place;
    this.#owner = owner;
  }

  /**
   * Makes the directory that becomes NAME.run, beside it. Its name contains the owner, so that a
   * leftover can be judged.
   */
  stage(facts: OwnerFacts): void {
    const staged = this.#staged();
    during(`making ${staged}`, () => {
      mkdirSync(staged);
      // Every user may ask for the status, whatever umask the caller of run-job has.
      chmodSync(staged, 0o755);
      writeFacts(path.join(staged, this.#owner), facts, constants.O_CREAT | constants.O_EXCL);
    });
  }

  /** Removes a staged directory that did not become NAME.run. */
  unstage(): void {
    rmSync(this.#staged(), { recursive: true, force: true });
  }

  /**
   * Rewrites the owner file in place. Never creates it, because then it could lie beside another
   * owner's.
   */
  rewrite(facts: OwnerFacts): void {
    writeFacts(this.#mine(), facts, 0);
  }

  /** The replacement of node:fs for proper-lockfile. */
  fileSystem(abandoned: Abandoned) {
    let toRemove: readonly string[] = [];
    return {
      mkdir: answering(() => this.#appear()),
      stat: answering(() => {
        if (this.#isOurs) return { mtime: this.#lastStamp() };
        const names = abandoned();
        toRemove = names ?? [];
        return { mtime: names ? everAbandoned : everFresh };
      }),
      utimes: answering((_path: string, _atime: Date, mtime: Date) => {
        this.#stamp = mtime;
      }),
      rmdir: answering(() => (this.#isOurs ? this.#disappear() : this.#remove(toRemove))),
      rmdirSync() {},
    };
  }

  #staged(): string {
    return path.join(path.dirname(this.#place), `.${path.basename(this.#place, '.run')}.${this.#owner}`);
  }

  #mine(): string {
    return path.join(this.#place, this.#owner);
  }

  /**
   * Renames the staged directory to NAME.run: rename(2) replaces a directory only if it is empty.
   */
  #appear(): void {
    try {
      renameSync(this.#staged(), this.#place);
    } catch (error) {
      const isTaken = codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST';
      throw isTaken ? Object.assign(new Error('taken'), { code: 'EEXIST' }) : error;
    }
    this.#isOurs = true;
  }

  /**
   * The time of the last refresh. Throws ENOENT when the lock is gone: proper-lockfile retries
   * after any other error.
   */
  #lastStamp(): Date {
    try {
      statSync(this.#mine());
    } catch (error) {
      throw codeOf(error) === 'ENOTDIR'
        ? Object.assign(new Error('it is no directory now'), { code: 'ENOENT' })
        : error;
    }
    return this.#stamp;
  }

  #disappear(): void {
    this.#isOurs = false;
    this.#remove([this.#owner]);
    unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirSync(this.#place));
  }

  #remove(ownerFiles: readonly string[]): void {
    for (const name of ownerFiles) unless(['ENOENT'], () => unlinkSync(path.join(this.#place, name)));
  }
}

function writeFacts(file: string, facts: OwnerFacts, flags: number): void {
  const fd = openForWriting(file, constants.O_WRONLY | flags);
  try {
    fchmodSync(fd, 0o644);
    const bytes = Buffer.from(formatFacts(facts));
    const written = writeSync(fd, bytes, 0, bytes.length, 0);
    // A disk that is nearly full takes a part and reports the error only at the next write.
    if (written < bytes.length)
      throw new Error(`ENOSPC: only ${written} of ${bytes.length} bytes were written to ${file}`);
    ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}

/** Turns a step that returns or throws into one that calls back, as node:fs does. */
function answering<A extends unknown[], T>(step: (...args: A) => T) {
  return (...args: [...A, (error: unknown, value?: T) => void]): void => {
    const done = args.pop() as (error: unknown, value?: T) => void;
    let value: T;
    try {
      value = step(...(args as unknown as A));
    } catch (error) {
      done(error);
      return;
    }
    done(null, value);
  };
}
