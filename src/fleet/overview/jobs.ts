/** The jobs of a fleet as the engine knows them: the run under way, pauses, and what became of the last ticks. */

import type { EngineTime, Entry, KeyRange, Patience, Unreachable } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import { defined } from '../../text/defined.ts';
import { type Keys, tickOfText } from '../store/keys.ts';
import { type Fate, fate, type Hold, type Holder, holder, type Stop, stop } from '../store/records.ts';
import { type FleetStore, holdIn } from './hosts.ts';

export interface FleetTick {
  readonly tickMs: number;
  readonly fate: Fate;
}

export interface FleetJobState {
  readonly slug: string;
  /** The run that holds the job. */
  readonly run?: Holder;
  /** A run holds the job, and its record can't be understood. */
  readonly isRunUnread?: true;
  /** The pause of the job by its name, also one that is over. */
  readonly pause?: Hold;
  readonly stop?: Stop;
  /** Ascending; older ones are removed as the job goes on. */
  readonly ticks: readonly FleetTick[];
}

interface JobStates {
  readonly jobs: ReadonlyMap<string, FleetJobState>;
  readonly time: EngineTime;
}

type JobsAnswer = ({ readonly is: 'read' } & JobStates) | Unreachable;

/** Each job is a range of its own; a transaction has at most 128 operations in etcd. */
const jobsAtOnce = 32;

/** `what`: with the ticks, which are many. */
export async function readFleetJobs(
  slugs: readonly string[],
  what: 'all' | 'holds',
  { engine, keys }: FleetStore,
  patience: Patience,
): Promise<JobsAnswer> {
  const jobs = new Map<string, FleetJobState>();
  let time: EngineTime | undefined;
  for (let from = 0; from === 0 || from < slugs.length; from += jobsAtOnce) {
    const some = slugs.slice(from, from + jobsAtOnce);
    const ranges = some.flatMap((slug) => (what === 'all' ? [{ prefix: keys.job(slug) }] : holdsOf(slug, keys)));
    const answer = await engine.read(ranges, patience);
    if (answer.is === 'unreachable') return answer;
    time = answer.time;
    for (const slug of some) jobs.set(slug, jobIn(slug, answer.entries, keys));
  }
  return time === undefined ? { is: 'unreachable', reason: 'nothing was read' } : { is: 'read', jobs, time };
}

function holdsOf(slug: string, keys: Keys): readonly KeyRange[] {
  return [{ key: keys.run(slug) }, { key: keys.pause(slug) }, { key: keys.stop(slug) }];
}

function jobIn(slug: string, entries: readonly Entry[], keys: Keys): FleetJobState {
  const entryOf = (key: string) => entries.find((entry) => entry.key === key);
  const [run, pause] = [entryOf(keys.run(slug)), entryOf(keys.pause(slug))];
  const held = decodeJson(run?.value, holder);
  return {
    slug,
    ...defined({ run: held, pause: pause && holdIn(pause), stop: decodeJson(entryOf(keys.stop(slug))?.value, stop) }),
    ...(run !== undefined && held === undefined && { isRunUnread: true as const }),
    ticks: ticksIn(keys.ticks(slug), entries),
  };
}

function ticksIn(prefix: string, entries: readonly Entry[]): readonly FleetTick[] {
  return entries
    .flatMap(({ key, value }) => {
      const tickMs = key.startsWith(prefix) ? tickOfText(key.slice(prefix.length)) : undefined;
      const found = tickMs === undefined ? undefined : decodeJson(value, fate);
      return tickMs === undefined || found === undefined ? [] : [{ tickMs, fate: found }];
    })
    .sort((a, b) => a.tickMs - b.tickMs);
}
