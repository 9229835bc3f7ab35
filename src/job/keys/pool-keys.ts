/** The keys of a job file for the hosts that have the job. */
import type { WrittenKeys } from '../../yaml/schema.ts';

export const poolKeys = {
  pool: {
    type: 'string',
    pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$',
    description:
      'Pool of hosts that have the job: a name of `fleet.pools` in the configuration. On other hosts nothing starts it. Without this key every host that has the file has the job.',
    examples: ['web'],
    'x-expected': 'the name of a pool',
  },
  runs: {
    type: 'string',
    enum: ['one', 'each'],
    default: 'one',
    description:
      'Hosts of the `pool` that have the job: `one` of them, or `each`. With `one` every host computes the same host from the lists of the configuration. No other host takes over while that host is away; root takes it out of the list, then another host has its jobs.',
  },
  placement: {
    type: 'string',
    enum: ['sticky', 'ordered'],
    default: 'sticky',
    description:
      'Choice of the host with `runs: one`. `sticky`: a host that is computed from the name of the job, so that jobs are spread evenly over the pool, and a host that joins or leaves moves only its share of them. `ordered`: the first host of the list.',
  },
} as const;

/** The pool of a job, and which of its hosts have the job. */
export interface JobPool {
  readonly name: string;
  readonly runs: 'one' | 'each';
  readonly placement: 'sticky' | 'ordered';
}

export function poolOf({ pool, runs, placement }: WrittenKeys<typeof poolKeys>): JobPool | undefined {
  if (pool === undefined) return undefined;
  return {
    name: pool,
    runs: runs ?? poolKeys.runs.default,
    placement: placement ?? poolKeys.placement.default,
  };
}
