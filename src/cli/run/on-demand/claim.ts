/** The permission of the other hosts for a run: a bundle of its own, which jobs without a pool do not load. */
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import type { ClaimRequest } from '../../../fleet/claim/request.ts';
import { fleetJobOf } from '../../../fleet/permission/fleet-job.ts';
import { momentOf } from '../../../fleet/permission/moment.ts';
import { fleetPermission } from '../../../fleet/permission/permission.ts';
import { elsewhereWords, rankAt, type Seat, seatOf } from '../../../fleet/seat.ts';
import { tickText } from '../../../fleet/store/keys.ts';
import type { Job, RunJob } from '../../../job/job.ts';
import type { JobPool } from '../../../job/keys/pool-keys.ts';
import type { Tick, Trigger } from '../../../run/history/event.ts';
import type { HistoryHost } from '../../../run/history/record.ts';
import type { Permission } from '../../../run/permission/permission.ts';
import { byPool, recordMissed } from '../../../run/tick/missed.ts';
import { hostZones } from '../../frame/zones.ts';
import { openFleet } from '../fleet/open-fleet.ts';
import { outcomesOf } from '../fleet/outcomes.ts';
import { rerunVariable } from '../fleet/rerun-variable.ts';

/** The run for which permission is asked. */
interface Asking {
  readonly job: RunJob;
  readonly run: string;
  readonly trigger: Trigger;
  /** Absent for a run that a person or another job starts. */
  readonly tick?: Tick;
}

export type Claiming =
  | { readonly is: 'open'; readonly permission: Permission; close(): void }
  | { readonly is: 'refused'; readonly reason: string };

/** "belongs to one of web1, web2 (pool web); this host is web3"; undefined on a candidate. */
export function elsewhereOf({ slug, pool }: Job, { fleet }: Config): string | undefined {
  const seat = pool && fleet && seatOf(slug, pool, fleet);
  return seat === undefined || seat.isHere ? undefined : elsewhereWords(seat);
}

export function openClaim(asking: Asking, config: Config, host: HistoryHost): Claiming {
  const opened = openFleet(config);
  const { pool } = asking.job;
  if (opened.is === 'none' || config.fleet === undefined || pool?.claims === undefined)
    return { is: 'refused', reason: 'the configuration has no "fleet.etcd"' };
  if (opened.is === 'refused') return opened;
  const { job, run, trigger } = asking;
  const { fleet } = opened;
  const zones = hostZones(config.stateDirectory);
  const name = { slug: job.slug };
  const permission = fleetPermission(
    {
      ...{ job, fleetJob: fleetJobOf(job, pool.claims, zones), rules: pool.claims },
      ...{ isAsked: trigger.by !== 'clock', request: requestOf(asking, { ...fleet, run, pool }, config.fleet) },
    },
    {
      ...fleet,
      outcomeOf: outcomesOf(job.slug, host),
      recordMissed: (missed) => recordMissed(name, missed, { ...host, zones }, byPool(pool.name)),
    },
  );
  return { is: 'open', permission, close: () => fleet.engine.close() };
}

interface Asker {
  readonly host: string;
  readonly boot: string;
  readonly run: string;
  readonly pool: JobPool;
  readonly clock: HistoryHost['clock'];
}

function requestOf(
  { job, tick }: Asking,
  { host, boot, run, pool, clock }: Asker,
  fleet: NonNullable<Config['fleet']>,
): ClaimRequest {
  const again = process.env[rerunVariable] === undefined ? 'caught-up' : 'rerun';
  return {
    ...{ host, boot, run, contactPatienceMs: contactPatienceMs(job) },
    ...(tick === undefined
      ? { tickMs: momentOf(clock.nowMs()), rank: 0 }
      : { tickMs: tick.tickMs, rank: rankOf(job.slug, pool, seatOf(job.slug, pool, fleet), tick.tickMs) }),
    ...(tick?.caughtUp === true && { again }),
  };
}

function rankOf(slug: string, pool: JobPool, seat: Seat, tickMs: number): number {
  return Math.max(0, rankAt(slug, pool, seat, tickText(tickMs)));
}

const leastPatienceMs = 15_000;
const mostPatienceMs = 10 * 60_000;

/** An election of etcd takes some seconds; a job with a `start_deadline` can wait for so long. */
function contactPatienceMs({ timing: { startDeadlineSeconds = 0 } }: RunJob): number {
  return Math.min(Math.max(leastPatienceMs, startDeadlineSeconds * 1000), mostPatienceMs);
}
