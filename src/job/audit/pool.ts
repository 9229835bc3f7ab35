/** Audits the pool of a job: whether the configuration has it, and keys that have no effect or lack etcd. */
import type { Fleet } from '../../system/types/fleet.ts';
import { nearest } from '../../text/nearest.ts';
import type { JobContent } from '../job.ts';
import { takeoverOf, usualTakeoverSeconds } from '../keys/pool-keys.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { errorAt, type ValueProblem, warningAt } from '../value-problem.ts';
import type { JobSource } from '../written.ts';

const runKeys = ['candidates', 'on_lost_run', 'without_engine'] as const;
const serviceKeys = ['when_cut_off'] as const;
const engineKeys = ['takeover', ...runKeys, ...serviceKeys] as const;
const placingKeys = ['placement', ...engineKeys] as const;
const allKeys = ['runs', ...placingKeys] as const;

/** `fleet` is that of the configuration; absent where the file is checked by itself. */
export function auditPool(
  source: JobSource,
  content: JobContent,
  fleet: Pick<Fleet, 'pools' | 'etcd'> | undefined,
): readonly ValueProblem[] {
  const { file } = source;
  const { pool } = content;
  const ofLocks = auditLocks(content, fleet);
  if (pool === undefined) return [...useless(file, allKeys, 'without "pool"'), ...ofLocks];
  const known = fleet === undefined ? [] : auditName(pool.name, fleet.pools);
  if (pool.runs === 'each') return [...known, ...useless(file, placingKeys, 'with "runs: each"'), ...ofLocks];
  const odd = source.isService ? useless(file, runKeys, 'for a service') : useless(file, serviceKeys, 'for a job');
  return [...known, ...odd, ...ofLocks, ...auditEngine(source, content, fleet)];
}

type PoolKey = (typeof allKeys)[number];

function useless(file: WrittenJob, keys: readonly PoolKey[], why: string): readonly ValueProblem[] {
  return keys.filter((key) => file[key] !== undefined).map((key) => warningAt([key], `"${key}" has no effect ${why}`));
}

/** The keys that need etcd; those of `default_job_config` too, because they say how jobs are to run. */
function auditEngine(
  { merged, isService }: JobSource,
  content: JobContent,
  fleet: Pick<Fleet, 'etcd'> | undefined,
): readonly ValueProblem[] {
  const takeover = takeoverOf(merged.takeover);
  const ofTakeover = isService ? auditServiceTakeover(content, takeover) : auditTakeover(content, takeover);
  if (fleet === undefined) return ofTakeover;
  if (fleet.etcd !== undefined) return [...ofTakeover, ...auditBoot(content), ...auditLeftovers(merged)];
  const spread = merged.placement === 'spread' ? [errorAt(['placement'], `"placement: spread" ${needsEngine}`)] : [];
  const unused: readonly PoolKey[] = isService ? runKeys : serviceKeys;
  const keys = engineKeys.filter((key) => merged[key] !== undefined && !unused.includes(key));
  return [...spread, ...keys.map((key) => errorAt([key], `"${key}" ${needsEngine}`))];
}

const needsEngine = 'needs "fleet.etcd" in the configuration';

/** Time between the deadline of a run and the moment at which another host may start the job. */
const leastBeyondGraceSeconds = 10;

function auditTakeover(
  { killGraceSeconds }: JobContent,
  takeover: number | 'never' | undefined,
): readonly ValueProblem[] {
  const least = killGraceSeconds + leastBeyondGraceSeconds;
  if (takeover === undefined || takeover === 'never' || takeover >= least) return [];
  return [errorAt(['takeover'], `"takeover" must be at least ${least}s: "kill_grace" and 10 seconds`)];
}

/** etcd is asked three times in that time; with a shorter one a busy host would lose its instances. */
const leastServiceSeconds = 5;

/** The end of an instance takes its `stop_timeout`, and a renewal may come late. */
const leastBeyondStopSeconds = 10;

function auditServiceTakeover(
  { service, pool }: JobContent,
  takeover: number | 'never' | undefined,
): readonly ValueProblem[] {
  if (takeover === 'never') return [errorAt(['takeover'], '"takeover: never" is not for services: give a time')];
  const stopSeconds = pool?.slots?.whenCutOff === 'stop' ? (service?.stopSeconds ?? 0) : undefined;
  const least = stopSeconds === undefined ? leastServiceSeconds : 2 * stopSeconds + leastBeyondStopSeconds;
  if ((takeover ?? usualTakeoverSeconds) >= least) return [];
  const why = stopSeconds === undefined ? '' : ': twice "stop_timeout", and 10 seconds';
  return [errorAt(['takeover'], `"takeover" must be at least ${least}s${why}`)];
}

/** Each host boots at a time of its own, so there is no tick that one of them could have. */
function auditBoot({ schedule }: JobContent): readonly ValueProblem[] {
  if (schedule?.atBoot !== true) return [];
  return [errorAt(['schedule'], '"schedule: @reboot" is of one host: write "runs: each", or leave "pool" out')];
}

/** Processes that a run leaves behind hold no lock of the fleet. */
function auditLeftovers({ leftovers }: WrittenJob): readonly ValueProblem[] {
  if (leftovers !== 'allow') return [];
  const words =
    '"leftovers: allow" keeps this host alone waiting for what a run leaves behind: another host may start the job beside it';
  return [warningAt(['leftovers'], words)];
}

function auditLocks({ policy, pool }: JobContent, fleet: Pick<Fleet, 'etcd'> | undefined): readonly ValueProblem[] {
  if (policy.fleetLocks === undefined || fleet === undefined || pool?.claims !== undefined) return [];
  const [lock] = policy.fleetLocks;
  const words =
    pool?.runs === 'one'
      ? needsEngine
      : 'is one of the whole fleet, so the job needs a "pool" with "runs: one", and "fleet.etcd" in the configuration';
  return [errorAt(['locks'], `the lock "fleet/${lock}" ${words}`)];
}

function auditName(name: string, pools: Fleet['pools']): readonly ValueProblem[] {
  const names = Object.keys(pools);
  const hosts = Object.hasOwn(pools, name) ? pools[name] : undefined;
  if (hosts === undefined) return [errorAt(['pool'], unknownWords(name, names))];
  if (hosts.length > 0) return [];
  return [warningAt(['pool'], `the pool "${name}" has no hosts, so no host starts this job`)];
}

function unknownWords(name: string, names: readonly string[]): string {
  if (names.length === 0) return `there is no pool "${name}": the configuration has no "fleet.pools"`;
  const guess = nearest(name, names);
  const meant = guess === undefined ? '' : `; did you mean "${guess}"?`;
  return `there is no pool "${name}" in "fleet.pools" of the configuration, only ${names.slice(0, 10).join(', ')}${meant}`;
}
