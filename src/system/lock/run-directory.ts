/** The directory of the locks: who may own it, and what killed run-jobs leave in it. */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { during } from '../file/stage.ts';
import { lockFilesIn, type Places } from './holder.ts';
import { lifeOf, parseOwnerName } from './owner.ts';

/** Nobody but the service user may be able to take files out of the directory, or to put some in. */
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

/** Removes what owners that were killed in the middle of publishing left beside NAME.run. */
export function clearLeftovers({ directory, name }: Places, say: (remark: string) => void): void {
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
