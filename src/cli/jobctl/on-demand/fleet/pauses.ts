/** The pauses of the fleet, for listings of jobs: a claim that meets one starts nothing. */
import type { Config } from '../../../../config/config.ts';
import { readHosts } from '../../../../fleet/overview/hosts.ts';
import { readFleetJobs } from '../../../../fleet/overview/jobs.ts';
import type { Hold } from '../../../../fleet/store/records.ts';
import { isInForceAt } from '../../../../fleet/store/view.ts';
import type { PauseTarget, WrittenPause } from '../../../../run/pause/pause.ts';
import { lookAtFleet } from './look.ts';
import { unreachableWords } from './with-fleet.ts';

const patience = { patienceMs: 3000 };

type FleetPauses =
  | { readonly is: 'read'; readonly pauses: readonly WrittenPause[] }
  /** A clause: "etcd can't be reached: …". */
  | { readonly is: 'unknown'; readonly words: string };

/** `slugs`: the jobs of which the hosts of a pool claim each tick. */
export async function pausesInFleet(slugs: readonly string[], config: Config): Promise<FleetPauses> {
  const opened = lookAtFleet(config);
  if (opened.is === 'none') return { is: 'read', pauses: [] };
  if (opened.is === 'hidden')
    return { is: 'unknown', words: `only root and ${config.serviceUser.name} may ask etcd: ${opened.reason}` };
  if (opened.is === 'refused') return { is: 'unknown', words: opened.reason };
  const { store } = opened;
  try {
    const states = await readHosts(store, patience);
    if (states.is === 'unreachable') return { is: 'unknown', words: unreachableWords(states.reason) };
    const jobs = await readFleetJobs(slugs, 'holds', store, patience);
    if (jobs.is === 'unreachable') return { is: 'unknown', words: unreachableWords(jobs.reason) };
    const { nowMs } = states.time;
    const inForce = (target: PauseTarget, hold: Hold | undefined) =>
      hold !== undefined && isInForceAt(hold, nowMs) ? [{ target, ...hold }] : [];
    return {
      is: 'read',
      pauses: [
        ...[...jobs.jobs.values()].flatMap(({ slug, pause }) => inForce({ job: slug }, pause)),
        ...[...states.tags].flatMap(([tag, hold]) => inForce({ tag }, hold)),
      ],
    };
  } finally {
    store.engine.close();
  }
}
