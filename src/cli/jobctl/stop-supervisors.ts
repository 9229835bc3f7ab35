/**
 * `jobctl stop --supervisors`: ends the supervisor of every service, and so every service, before the programs are removed. What people want of the
 * services stays on record, and the next `run-job --ensure` starts them again. Carried out as the service user, like every change.
 */
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome.ts';
import { readRecord } from '../../service/record.ts';
import { clock } from '../../system/clock.ts';
import { stateFiles } from '../../system/state-files.ts';
import { wrappers } from '../../system/wrappers.ts';
import { realLocks } from '../parts/machine.ts';
import { print, say } from '../parts/output.ts';

const pollMs = 100;

/** Longer than a service usually has to end; whoever asked goes on then. */
const patienceMs = 120_000;

export async function stopSupervisors(config: Config): Promise<number> {
  const locks = realLocks(config, () => undefined);
  const state = stateFiles(config.stateDirectory);
  // By their locks and records, not by job files: a service whose file is gone still has its supervisor.
  const isSupervised = (slug: string) => {
    const holder = locks.holder(slug);
    return holder?.state === 'running' && readRecord(state, slug)?.run === holder.runId ? holder : undefined;
  };
  let left = locks.names().filter((slug) => isSupervised(slug) !== undefined);
  for (const slug of left) {
    const holder = isSupervised(slug);
    if (holder !== undefined) wrappers.askToEnd(holder);
  }
  const endMs = clock.monotonicMs() + patienceMs;
  for (; left.length > 0 && clock.monotonicMs() < endMs; left = left.filter((slug) => isSupervised(slug) !== undefined))
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  if (left.length === 0) {
    print('no service has a supervisor now\n');
    return 0;
  }
  say('jobctl', `these services have not ended yet: ${left.join(', ')}`);
  return exitCodes.internal;
}
