/** Reads from etcd what `jobctl fleet` shows beside the configuration. */
import type { Config } from '../../../../config/config.ts';
import { type EngineView, engineView } from '../../../../fleet/overview/engine-view.ts';
import { readHosts } from '../../../../fleet/overview/hosts.ts';
import { readFleetJobs } from '../../../../fleet/overview/jobs.ts';
import { clock } from '../../../../system/time/clock.ts';
import { lookAtFleet } from './look.ts';

const patience = { patienceMs: 5000 };

/** `slugs`: the jobs of which the hosts of a pool claim each tick. */
export async function fleetInEtcd(slugs: readonly string[], config: Config): Promise<EngineView | undefined> {
  const opened = lookAtFleet(config);
  if (opened.is === 'none') return undefined;
  if (opened.is === 'hidden')
    return { isReached: false, reason: `only root and ${config.serviceUser.name} may ask it: ${opened.reason}` };
  if (opened.is === 'refused') return { isReached: false, reason: opened.reason };
  const { store } = opened;
  try {
    const states = await readHosts(store, patience);
    if (states.is === 'unreachable') return { isReached: false, reason: states.reason };
    const aheadMs = clock.nowMs() - states.time.nowMs;
    const jobs = await readFleetJobs(slugs, 'all', store, patience);
    if (jobs.is === 'unreachable') return { isReached: false, reason: jobs.reason };
    const pooled = Object.values(config.fleet?.pools ?? {}).flat();
    return engineView({ pooled, states, jobs: jobs.jobs, aheadMs });
  } finally {
    store.engine.close();
  }
}
