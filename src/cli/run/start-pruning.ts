/**
 * Starts prune-logs in the background at the end of a run, at most once an hour on a host, so that
 * no run waits for it.
 */
import { closeSync, constants, futimesSync, lstatSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { LogBounds } from '../../job/keys/log-bounds.ts';
import { runIdVariable } from '../../run/world/world.ts';
import { openForWriting } from '../../system/file/new-file.ts';
import { startBeside } from '../frame/start-program.ts';

/** A file in the state directory; its time says when logs were last pruned. */
const marker = 'logs-pruned';
const pauseMs = 3_600_000;

export function startPruning(config: Config, ofJob: LogBounds | undefined): void {
  const bounds = [...Object.values(config.logRetention), ...Object.values(ofJob ?? {})];
  if (bounds.every((amount) => amount === 0)) return;
  // Below a parent run it would be one of that run's processes, which end with it.
  if (process.env[runIdVariable] !== undefined) return;
  const file = path.join(config.stateDirectory, marker);
  // A clock that was set back must not keep it from being done for as long.
  const age = Date.now() - (lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY);
  if (Math.abs(age) < pauseMs || !touch(file)) return;
  startBeside({ name: 'prune-logs', configFile: config.namedFile, inherits: 'settings' });
}

/** Marks the start first: of the runs that end in the same minute only one starts prune-logs. */
function touch(file: string): boolean {
  try {
    const fd = openForWriting(file, constants.O_WRONLY | constants.O_CREAT);
    const nowSeconds = Date.now() / 1000;
    futimesSync(fd, nowSeconds, nowSeconds);
    closeSync(fd);
    return true;
  } catch {
    // Nowhere to write: the run has said so already.
    return false;
  }
}
