/**
 * Locks an open file with flock(2), which Node can't call: flock(1) locks the file that it inherits
 * and exits.
 */
import { spawnSync } from 'node:child_process';
import { codeOf } from './stage.ts';

/** An absolute path, because PATH must not decide about a lock. */
const program = '/usr/bin/flock';

/**
 * True when the lock is held now, false when another process still holds it after `waitSeconds`.
 *
 * The lock belongs to the open file that `fd` and all its copies share: it lasts until the last of
 * them is closed.
 */
export function flock(fd: number, waitSeconds = 0): boolean {
  const wait = waitSeconds > 0 ? ['-w', String(waitSeconds)] : ['-n'];
  const { error, status, signal } = spawnSync(program, [...wait, '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: {},
  });
  if (error !== undefined) throw codeOf(error) === 'ENOENT' ? new Error(`there is no ${program}`) : error;
  if (status === 0 || status === 1) return status === 0;
  throw new Error(`${program} ended with ${signal ?? status}`);
}
