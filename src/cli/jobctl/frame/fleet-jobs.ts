/** Finds the jobs that a command is about, with the pauses that hold them in the whole fleet. */
import type { Config } from '../../../config/config.ts';
import type { Pause } from '../../../run/pause/pause.ts';
import { say } from '../../frame/output.ts';
import { type Chosen, chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

type More = NonNullable<Parameters<typeof chooseJobs>[3]>;

/** A host without `fleet.etcd` does not ask. */
export async function chooseJobsOfFleet(
  options: Options,
  config: Config,
  otherwise: 'all' | 'refuse' | 'quiet',
  more: More = {},
): Promise<Chosen & { readonly fleetPauses: readonly Pause[] }> {
  let fleetPauses: readonly Pause[] = [];
  const chosen = chooseJobs(options, config, otherwise, { ...more, fleetPauses: () => fleetPauses });
  if (!chosen.ok || config.fleet?.etcd === undefined) return { ...chosen, fleetPauses };
  const claimed = chosen.slugs.filter((slug) => {
    const loaded = chosen.jobs.load(slug);
    return loaded?.ok === true && loaded.value.seat?.claimed === true;
  });
  if (claimed.length === 0) return { ...chosen, fleetPauses };
  const { pausesInFleet } = await import('../on-demand/fleet.ts');
  const found = await pausesInFleet(claimed, config);
  if (found.is === 'read') fleetPauses = found.pauses;
  else say('jobctl', `whether jobs of the pools are paused in the fleet is not known: ${found.words}`);
  return { ...chosen, fleetPauses };
}
