/**
 * The rounds of a host of a fleet, for `run-job --ensure` and `--catch-up`: it says that it is there,
 * frees what its dead runs hold, and keeps the accounts of its jobs in etcd.
 */
import type { Config } from '../../../config/config.ts';
import { keepAccount } from '../../../fleet/claim/catch-up.ts';
import { fleetJobOf } from '../../../fleet/permission/fleet-job.ts';
import { lostWords } from '../../../fleet/permission/words.ts';
import { freeHost } from '../../../fleet/run/free-host.ts';
import { writePresence } from '../../../fleet/run/presence.ts';
import { seatOf } from '../../../fleet/seat.ts';
import type { RunJob } from '../../../job/job.ts';
import type { HistoryHost } from '../../../run/history/record.ts';
import { newRunId } from '../../../run/identity.ts';
import type { CatchUpNote } from '../../../run/tick/catch-up.ts';
import { byPool, missedText, recordMissed } from '../../../run/tick/missed.ts';
import { randomUuid } from '../../../system/file/random.ts';
import { clock } from '../../../system/time/clock.ts';
import type { JobLocks } from '../../../system/types/lock.ts';
import type { Zones } from '../../../zone/zone.ts';
import { version } from '../../frame/version.ts';
import { type OpenFleet, openFleet } from '../fleet/open-fleet.ts';
import { outcomesOf } from '../fleet/outcomes.ts';

/** A round comes again in a minute, or in five. */
const patience = { patienceMs: 5000 };

/** A sentence about the outcome of a round; `slug` is absent if it is about the host. */
interface RoundNote {
  readonly slug?: string;
  readonly level: 'info' | 'error';
  readonly words: string;
}

interface RoundHost extends HistoryHost {
  readonly locks: JobLocks;
}

const newRun = () => newRunId(clock.nowMs(), randomUuid());

/** Says that this host is there, and frees its runs that are over, each under the lock of its job. */
export async function ensureInFleet(config: Config, host: RoundHost): Promise<readonly RoundNote[]> {
  const opened = openFleet(config);
  if (opened.is === 'none') return [];
  if (opened.is === 'refused') return [{ level: 'error', words: opened.reason }];
  const { fleet } = opened;
  try {
    const present = await writePresence({ ...fleet, version }, fleet, patience);
    if (present.is === 'unreachable') return [{ level: 'error', words: `etcd does not answer: ${present.reason}` }];
    const freed = await freeOwn(fleet, host);
    if (present.beside === undefined) return freed;
    const words = `another host has the name ${fleet.host} too, so both may start the same runs: give each its own "fleet: {host: …}"`;
    return [...freed, { level: 'error', words }];
  } finally {
    fleet.engine.close();
  }
}

async function freeOwn(fleet: OpenFleet, host: RoundHost): Promise<readonly RoundNote[]> {
  let current = '';
  const freed = await freeHost(
    {
      host: fleet.host,
      async whileOver(slug, act) {
        const answer = await host.locks.acquire(slug, newRun());
        if (answer.is !== 'held') return;
        current = slug;
        try {
          await act();
        } finally {
          await answer.lock.release();
        }
      },
      outcomeOf: (run) => outcomesOf(current, host)(run),
    },
    fleet,
    patience,
  );
  if (freed.is === 'unreachable') return [{ level: 'error', words: `etcd does not answer: ${freed.reason}` }];
  return freed.runs.map(({ slug, run }) => {
    const end = outcomesOf(slug, host)(run);
    return end === undefined
      ? {
          slug,
          level: 'error',
          words: `run ${run} has lost its run-job, so its end is not known; other hosts may start the job again`,
        }
      : { slug, level: 'info', words: `run ${run} ${end}, which etcd was told only now` };
  });
}

interface FleetStart {
  readonly slug: string;
  readonly run: string;
  readonly tickMs: number;
  readonly isRerun: boolean;
}

interface AccountHost extends HistoryHost {
  readonly zones: Zones;
  readonly start: (start: FleetStart) => void;
}

/** Records what was missed and lost, and starts what may be run again. Each candidate asks; one of them has the tick. */
export async function catchUpInFleet(
  jobs: readonly RunJob[],
  config: Config,
  host: AccountHost,
): Promise<readonly CatchUpNote[]> {
  const opened = openFleet(config);
  const here = jobs.filter(({ slug, pool }) => config.fleet && pool && seatOf(slug, pool, config.fleet).isHere);
  if (opened.is === 'none' || here.length === 0) return [];
  const [{ slug: first }] = here as [RunJob];
  if (opened.is === 'refused') return [{ slug: first, level: 'error', words: opened.reason }];
  const notes: CatchUpNote[] = [];
  try {
    for (const job of here) {
      const answer = await accountOf(job, opened.fleet, host);
      for (const note of answer.notes) notes.push(note);
      // Each other job would wait as long.
      if (answer.isOver) break;
    }
    return notes;
  } finally {
    opened.fleet.engine.close();
  }
}

interface Accounted {
  readonly notes: readonly CatchUpNote[];
  readonly isOver?: true;
}

async function accountOf(job: RunJob, fleet: OpenFleet, host: AccountHost): Promise<Accounted> {
  const { slug, pool, timing, policy } = job;
  if (pool?.claims === undefined) return { notes: [] };
  const run = newRun();
  const { onLostRun } = pool.claims;
  const answer = await keepAccount(
    fleetJobOf(job, pool.claims, host.zones),
    {
      ...{ host: fleet.host, boot: fleet.boot, run, contactPatienceMs: patience.patienceMs },
      policy: {
        ...{ catchUp: timing.catchUp, onLostRun, windowSeconds: timing.catchUpWindowSeconds },
        attempts: policy.maxFailures,
      },
    },
    fleet,
  );
  switch (answer.is) {
    case 'unreachable':
      return { notes: [failure(slug, `its account in etcd could not be kept: ${answer.reason}`)], isOver: true };
    case 'clocks-disagree':
      return {
        notes: [failure(slug, 'the members of etcd have different times, and no two of them agree')],
        isOver: true,
      };
    case 'unreadable':
      return { notes: [failure(slug, `the value of ${answer.key} in etcd is not understood`)] };
    case 'kept': {
      const { looked, again } = answer;
      const failed = recordMissed(job, looked.missed, host, byPool(pool.name));
      if (again !== undefined)
        host.start({ slug, run: newRun(), tickMs: again.tickMs, isRerun: again.again === 'rerun' });
      const missed = looked.missed.length === 0 ? [] : [byPool(pool.name)(missedText(looked.missed, host.zones))];
      return {
        notes: [
          ...missed.map((words) => ({ slug, level: 'info' as const, words })),
          ...[...lostWords(looked.lost), ...failed].map((words) => failure(slug, words)),
        ],
      };
    }
    default:
      return answer satisfies never;
  }
}

function failure(slug: string, words: string): CatchUpNote {
  return { slug, level: 'error', words };
}
