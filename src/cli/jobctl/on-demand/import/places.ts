/** Decides which files root reads for an import, and into which directories root writes jobs. */
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { OddFileError } from '../../../../system/file/careful-file.ts';

/**
 * Throws an OddFileError for a file that root could read by a link in a directory of another user,
 * while that user can't.
 */
export function refuseForeign(file: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): void {
  if (!isRoot() || (mode & 0o004) !== 0) return;
  const owner = ownerOnTheWay(file);
  if (owner === undefined || owner === uid) return;
  throw new OddFileError(
    `it belongs to uid ${uid}, and a directory on the way to uid ${owner}, who may not read it: read it as that user`,
  );
}

/** The first user other than root who owns a directory or link on the path. */
export function ownerOnTheWay(file: string): number | undefined {
  const names = path.resolve(file).split('/').slice(1);
  for (let count = 1; count <= names.length; count += 1) {
    const step = `/${names.slice(0, count).join('/')}`;
    try {
      const facts = lstatSync(step);
      if (facts.uid !== 0 && (count < names.length || facts.isSymbolicLink())) return facts.uid;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** True for root, who could read more than the user whose units name a file. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The reason why root must not write jobs there: others could change where they end up. */
export function refusalOfDirectory(directory: string): string | undefined {
  if (!isRoot()) return undefined;
  try {
    // The path as it is written, and where its links lead.
    for (const one of [directory, realpathSync(directory)]) {
      for (let step = one; ; step = path.dirname(step)) {
        const { uid, mode } = lstatSync(step);
        const isLink = (mode & 0o170000) === 0o120000;
        const isOpen = !isLink && (mode & 0o022) !== 0 && (step === one || (mode & 0o1000) === 0);
        if (uid !== 0 || isOpen) return `${step} can be changed by others than root, so root writes no jobs below it`;
        if (step === '/') break;
      }
    }
  } catch (error) {
    return `${directory}: ${(error as Error).message}`;
  }
  return undefined;
}
