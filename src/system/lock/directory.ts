/**
 * NAME.run/ on the disk: a directory that appears together with its owner's file, and the four calls with which proper-lockfile moves it.
 *
 * proper-lockfile makes an empty directory, takes it for abandoned by its age, and removes it whosever it is by then. The calls that it
 * makes are answered here so that each of these becomes safe:
 *   mkdir   renames a directory that holds our owner file already: there never is a lock without an owner, and an empty directory is free;
 *   stat    is "abandoned since ever" or "fresh for ever", as the owner lives or not: no clock has a part in it;
 *   rmdir   removes owner files by their names, which never come twice, and the directory only when nothing else is in it;
 *   rmdirSync, which proper-lockfile calls when the process is on its way out, does nothing: a job may outlive its run-job.
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

/** Names of owner files that may be taken away; `undefined` when somebody has the lock. Asked with the kernel's lock in hand. */
export type Abandoned = () => readonly string[] | undefined;

/** The earliest and the latest of all dates, for proper-lockfile to compare with its own clock. */
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

  /** Makes the directory that is to be NAME.run, beside it. Its name says whose it is, for whoever finds it left over. */
  stage(facts: OwnerFacts): void {
    const staged = this.#staged();
    during(`making ${staged}`, () => {
      mkdirSync(staged);
      // Anybody may ask for the status, whatever umask the caller of run-job has.
      chmodSync(staged, 0o755);
      writeFacts(path.join(staged, this.#owner), facts, constants.O_CREAT | constants.O_EXCL);
    });
  }

  /** Removes what was staged and never became NAME.run. */
  unstage(): void {
    rmSync(this.#staged(), { recursive: true, force: true });
  }

  /** Rewrites the owner file in place; never makes it anew, for then it could stand beside another owner's. */
  rewrite(facts: OwnerFacts): void {
    writeFacts(this.#mine(), facts, 0);
  }

  /** What proper-lockfile is given instead of node:fs. */
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

  /** rename(2) puts one directory in the place of another only if that is empty. */
  #appear(): void {
    try {
      renameSync(this.#staged(), this.#place);
    } catch (error) {
      const isTaken = codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST';
      throw isTaken ? Object.assign(new Error('taken'), { code: 'EEXIST' }) : error;
    }
    this.#isOurs = true;
  }

  /** To proper-lockfile only ENOENT means that the lock is gone; it waits for other failures to pass. */
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
    // A disk that is nearly full takes a part, and says so only at the next write.
    if (written < bytes.length)
      throw new Error(`ENOSPC: only ${written} of ${bytes.length} bytes were written to ${file}`);
    ftruncateSync(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}

/** Makes of a step that returns or throws one that calls back, as node:fs does. */
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
