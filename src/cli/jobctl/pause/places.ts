/**
 * The places of a pause. A job of which the hosts of a pool claim each tick is paused by a key of the
 * fleet, which every claim compares; any other job by a file of this host. A pause by tag needs both
 * where the tag has both kinds of job.
 */
import type { Config } from '../../../config/config.ts';
import type { PauseTarget } from '../../../run/pause/pause.ts';
import { refuse } from '../../frame/refuse.ts';
import type { Jobs } from '../../report/snapshots.ts';
import type { FleetHolds } from '../on-demand/fleet/holds.ts';

export interface Places {
  /** A file of this host is written. */
  readonly isHere: boolean;
  /** The jobs that the key of the fleet holds; empty without one. */
  readonly shared: readonly string[];
  readonly fleet?: FleetHolds;
}

export type OpenedPlaces =
  | { readonly is: 'open'; readonly places: Places }
  | { readonly is: 'over'; readonly exitCode: number };

/** `what` is what is left undone if the fleet can't be reached: "nothing was paused". */
export async function openPlaces(
  target: PauseTarget,
  slugs: readonly string[],
  { jobs, config, what }: { readonly jobs: Jobs; readonly config: Config; readonly what: string },
): Promise<OpenedPlaces> {
  if (config.fleet?.etcd === undefined) return { is: 'open', places: { isHere: true, shared: [] } };
  const kinds = new Map(slugs.map((slug) => [slug, kindOf(slug, jobs)]));
  const shared = slugs.filter((slug) => kinds.get(slug) !== 'here');
  if (shared.length === 0) return { is: 'open', places: { isHere: true, shared } };
  const { openHolds } = await import('../on-demand/fleet.ts');
  const opened = await openHolds(target, config);
  if (opened.is === 'refused')
    return { is: 'over', exitCode: refuse('jobctl', `${what}: ${opened.words}`, opened.exitCode) };
  const isHere = 'tag' in target || [...kinds.values()].some((kind) => kind !== 'fleet');
  return { is: 'open', places: { isHere, shared, fleet: opened.holds } };
}

/** A file that can't be read does not tell, while those of other hosts may be good. */
function kindOf(slug: string, jobs: Jobs): 'here' | 'fleet' | 'unknown' {
  const loaded = jobs.load(slug);
  if (loaded?.ok !== true) return 'unknown';
  return loaded.value.seat?.claimed === true ? 'fleet' : 'here';
}
