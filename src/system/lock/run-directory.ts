/**
 * The directory of the locks: checks its owner and mode, and removes what killed run-jobs left in
 * it.
 */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { during } from '../file/stage.ts';
import { lockFilesIn, type Places } from './holder.ts';
import { lifeOf, parseOwnerName } from './owner.ts';

/**
 * Makes the directory if it is missing. Throws when any user but the service user can add or remove
 * files in it.
 */
export function prepareRunDirectory(directory: string): void {
  const stage = `checking the run directory ${directory}`;
  during(stage, () => {
    if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o755);
    }
    const facts = lstatSync(directory);
    const uid = process.geteuid?.();
    if (!facts.isDirectory()) throw new Error('it is not a directory');
    if (facts.uid !== uid) throw new Error(`it belongs to uid ${facts.uid}, not to the service user (uid ${uid})`);
    const mode = facts.mode & 0o7777;
    if (mode & 0o022) throw new Error(`others can write to it (mode 0${mode.toString(8)}): chmod go-w it`);
  });
}

/** Removes the staged directories of run-jobs that were killed before they published NAME.run. */
export function clearLeftovers({ directory, name }: Places, say: (problem: string) => void): void {
  const prefix = `.${name}.`;
  try {
    for (const found of lockFilesIn(directory, '')) {
      const owner = found.startsWith(prefix) ? parseOwnerName(found.slice(prefix.length)) : undefined;
      if (owner && lifeOf(owner) === 'dead') rmSync(path.join(directory, found), { recursive: true, force: true });
    }
  } catch (error) {
    say(`what a killed run-job left in ${directory} can't be removed: ${String(error)}`);
  }
}
