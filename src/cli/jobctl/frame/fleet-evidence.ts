/** Asks the fleet about a job, for the commands that answer about one. */
import type { Config } from '../../../config/config.ts';
import type { FleetEvidence } from '../../../fleet/overview/job-evidence.ts';
import type { Seated } from '../../../fleet/seat.ts';
import type { Job } from '../../../job/job.ts';
import type { Result } from '../../../text/problem.ts';

/** Returns undefined for a job whose ticks are not claimed in etcd. */
export async function evidenceOfFleet(
  slug: string,
  loaded: Result<Seated<Job>> | undefined,
  config: Config,
): Promise<FleetEvidence | undefined> {
  if (loaded?.ok !== true || loaded.value.seat?.claimed !== true || loaded.value.service !== undefined)
    return undefined;
  const { fleetEvidence } = await import('../on-demand/fleet.ts');
  const { tags, seat } = loaded.value;
  return fleetEvidence({ slug, tags, hosts: seat.hosts }, config);
}
