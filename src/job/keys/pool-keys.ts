/** The keys of a job file for the hosts that have the job. */
import { defined } from '../../text/defined.ts';
import { durationPattern } from '../../text/duration.ts';
import type { WrittenKeys } from '../../yaml/schema.ts';
import { inSeconds } from './units.ts';

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
      'Hosts of the `pool` that start the job at a tick: `one` of them, or `each`. With `one` and `fleet.etcd` in the configuration the `candidates` ask etcd at each tick, and one of them starts the job. Without `fleet.etcd` every host computes the same host from the lists of the configuration. No other host takes over then while that host is away; root takes it out of the list, then another host has its jobs.',
  },
  placement: {
    type: 'string',
    enum: ['spread', 'sticky', 'ordered'],
    default: 'sticky',
    description:
      'Order of the hosts with `runs: one`. `sticky`: an order that is computed from the name of the job, so that jobs are spread evenly over the pool, and a host that joins or leaves moves only its share of them. `ordered`: that of the list. `spread`: another host begins at each tick, which needs `fleet.etcd`. With `fleet.etcd` the next host of the order starts the job when those before it have not done so, two seconds later each; without it only the first host has the job.',
  },
  candidates: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: 10_000,
    pattern: '^all$',
    default: 3,
    description:
      'Number of hosts of the pool that have a line for the job and ask etcd at each tick, or `all`. It needs `fleet.etcd`.',
    examples: [5, 'all'],
    'x-expected': 'a number of hosts, or "all"',
  },
  takeover: {
    type: 'string',
    pattern: `^never$|${durationPattern}`,
    description:
      'Time without a word from the host of a run after which another host may start the job. A run that can’t reach etcd for so long is ended before. It must be at least 10 seconds longer than `kill_grace`. `never`: only that host, or a person, ends the wait. Without this key it is the longest time that the run can take by `timeout`, `kill_grace` and its attempts, and one minute, so that no run is ended for it; without a `timeout` it is `never`. For a service it is the time after which other hosts start the instances of a host of which etcd has heard nothing, `1m` without this key; it must be at least 5 seconds, with `when_cut_off: stop` at least twice `stop_timeout` and 10 seconds. It needs `fleet.etcd`.',
    examples: ['5m', 'never'],
    'x-expected': 'a duration such as 5m, or "never"',
  },
  when_cut_off: {
    type: 'string',
    enum: ['go_on', 'stop'],
    default: 'go_on',
    description:
      'Instances of a service whose host can’t reach etcd for `takeover`. `go_on`: they go on, and other hosts start them too, so `instances` is the least number that runs. `stop`: they are ended before another host may start them, so no instance runs twice. It needs `fleet.etcd`.',
  },
  on_lost_run: {
    type: 'string',
    enum: ['record', 'rerun'],
    default: 'record',
    description:
      'What follows on a run whose host was lost: it is only recorded, or its tick is run again on another host, within `catch_up_window` and as often as `max_task_failures` allows. It needs `fleet.etcd`.',
  },
  without_engine: {
    type: 'string',
    enum: ['skip', 'run'],
    default: 'skip',
    description:
      'What follows on a tick at which etcd does not answer. `skip`: the job is not started, and exit code 75 and the history say so. `run`: the first host of the order starts it all the same, so it may run twice. It needs `fleet.etcd`.',
  },
} as const;

/** The pool of a job, and which of its hosts have the job. */
export interface JobPool {
  readonly name: string;
  readonly runs: 'one' | 'each';
  readonly placement: 'spread' | 'sticky' | 'ordered';
  /** Absent where names alone decide. */
  readonly claims?: ClaimRules;
  /** Set for a service whose instances the hosts of the pool share by etcd. */
  readonly slots?: SlotKeys;
}

interface SlotKeys {
  /** After so long a silence of a host the others take over its instances. */
  readonly takeoverSeconds: number;
  readonly whenCutOff: 'go_on' | 'stop';
}

/** The rules of a job whose candidates ask etcd at each tick which of them starts it. */
export interface ClaimRules {
  readonly candidates: number | 'all';
  /** Absent: as long as a run can take. */
  readonly takeover?: number | 'never';
  readonly onLostRun: 'record' | 'rerun';
  readonly withoutEngine: 'skip' | 'run';
}

/** `decides`: the configuration has etcd, which decides about the ticks of a job, or about the instances of a service. */
export function poolOf(
  written: WrittenKeys<typeof poolKeys>,
  decides: 'ticks' | 'instances' | undefined,
): JobPool | undefined {
  const { pool, runs = poolKeys.runs.default, placement } = written;
  if (pool === undefined) return undefined;
  return {
    name: pool,
    runs,
    placement: placement ?? poolKeys.placement.default,
    ...(decides === 'ticks' && runs === 'one' && { claims: claimRules(written) }),
    ...(decides === 'instances' && runs === 'one' && { slots: slotKeys(written) }),
  };
}

/** Seconds, or `never`; undefined for a key not written. */
export function takeoverOf(written: string | undefined): number | 'never' | undefined {
  return written === 'never' ? written : inSeconds(written);
}

/** The silence after which other hosts take over the instances of a service. */
export const usualTakeoverSeconds = 60;

function slotKeys({ takeover, when_cut_off }: WrittenKeys<typeof poolKeys>): SlotKeys {
  const seconds = takeoverOf(takeover);
  return {
    takeoverSeconds: typeof seconds === 'number' ? seconds : usualTakeoverSeconds,
    whenCutOff: when_cut_off ?? poolKeys.when_cut_off.default,
  };
}

function claimRules(written: WrittenKeys<typeof poolKeys>): ClaimRules {
  const { candidates, takeover, on_lost_run, without_engine } = written;
  return {
    candidates: typeof candidates === 'string' ? 'all' : (candidates ?? poolKeys.candidates.default),
    onLostRun: on_lost_run ?? poolKeys.on_lost_run.default,
    withoutEngine: without_engine ?? poolKeys.without_engine.default,
    ...defined({ takeover: takeoverOf(takeover) }),
  };
}
