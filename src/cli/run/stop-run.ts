/** Stops the run of a job for a person, on this host (`run/lock/stop-run.ts` says how). */
import type { Config } from '../../config/config.ts';
import { type StopAnswer, type StopOrder, stopRun } from '../../run/lock/stop-run.ts';
import { sweeper } from '../../system/process/sweeper.ts';
import { wrappers } from '../../system/process/wrappers.ts';
import { clock } from '../../system/time/clock.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import { callerName } from '../frame/caller-name.ts';
import { realHistory, realLocks } from '../frame/host.ts';

/** `announce` gets the holder of the job's lock, before anything is done. */
export function stopRunHere(
  config: Config,
  order: Omit<StopOrder, 'by'>,
  announce: (holder: LockHolder) => void,
): Promise<StopAnswer> {
  const locks = realLocks(config, () => undefined);
  const host = { clock, locks, history: realHistory(config), sweeper, wrappers };
  return stopRun({ ...order, by: callerName() }, host, announce);
}
