/** The knowledge of the fleet about one job, for the answer to "why did it not run?" */

import type { Patience, Unreachable } from '../../system/types/engine.ts';
import { defined } from '../../text/defined.ts';
import type { Hold } from '../store/records.ts';
import { isInForceAt } from '../store/view.ts';
import { type FleetStore, type HostState, readHosts, stateOf } from './hosts.ts';
import { type FleetJobState, readFleetJobs } from './jobs.ts';

export interface KnownInFleet {
  readonly is: 'read';
  /** By the clock of etcd. */
  readonly nowMs: number;
  /** The clock of this host less that of etcd, give or take `errorMs`. */
  readonly aheadMs: number;
  readonly errorMs: number;
  readonly job: FleetJobState;
  /** The hosts that may claim the job, in their order. */
  readonly hosts: readonly HostState[];
  /** The pauses in force, by the job's name or by its tags. */
  readonly pauses: readonly FleetPause[];
}

interface FleetPause {
  readonly target: { readonly job: string } | { readonly tag: string };
  readonly hold: Hold;
}

/** `hidden`: this caller may not read the credentials, and the service user may. */
export type FleetEvidence = KnownInFleet | Unreachable | { readonly is: 'hidden'; readonly reason: string };

export interface AskedJob {
  readonly slug: string;
  readonly tags: readonly string[];
  readonly hosts: readonly string[];
  /** The clock of this host. */
  readonly nowMs: () => number;
}

export async function readFleetEvidence(
  { slug, tags, hosts, nowMs: ownNowMs }: AskedJob,
  store: FleetStore,
  patience: Patience,
): Promise<KnownInFleet | Unreachable> {
  const states = await readHosts(store, patience);
  if (states.is === 'unreachable') return states;
  const aheadMs = ownNowMs() - states.time.nowMs;
  const jobs = await readFleetJobs([slug], 'all', store, patience);
  if (jobs.is === 'unreachable') return jobs;
  const { nowMs, errorMs } = states.time;
  const job = jobs.jobs.get(slug) ?? { slug, ticks: [] };
  const pauses = [
    ...(job.pause === undefined ? [] : [{ target: { job: slug }, hold: job.pause }]),
    ...tags.flatMap((tag) => {
      const { hold } = defined({ hold: states.tags.get(tag) });
      return hold === undefined ? [] : [{ target: { tag }, hold }];
    }),
  ];
  return {
    ...{ is: 'read', nowMs, aheadMs, errorMs, job },
    hosts: hosts.map((host) => stateOf(host, states.hosts)),
    pauses: pauses.filter(({ hold }) => isInForceAt(hold, nowMs)),
  };
}
