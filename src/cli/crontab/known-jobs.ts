/** Loads all jobs for the crontab, those whose files are unchanged from the cache. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { CrontabJob } from '../../crontab/crontab.ts';
import { type CrontabJobs, type JobSource, jobMemory, knownJob, loadCrontabJobs } from '../../crontab/jobs.ts';
import { poollessWords } from '../../fleet/seat.ts';
import { jobPath } from '../../job/folder.ts';
import { loadJob } from '../../job/load.ts';
import { groupIdsOf } from '../../system/file/as-user.ts';
import { files } from '../../system/file/files.ts';
import { privateCache } from '../../system/state/cache.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZoneDigest, zoneDigest } from '../../system/time/zone-digests.ts';
import { caller } from '../../system/user/caller.ts';
import type { Problem } from '../../text/problem.ts';
import { type KeptContents, keptContents, nameOfDirectory } from '../frame/job-contents.ts';
import { unreadableJobs, unreadablePlaces } from '../frame/readable.ts';
import { version } from '../frame/version.ts';
import { checkZone, scheduleChecker } from './check-schedule.ts';

export interface Loaded {
  readonly jobs: CrontabJobs;
  /** Keeps for the next time what was learned. */
  keep(): void;
}

/**
 * `isInPlace` means that the service user is to run these files, so it must be able to read them.
 * `directory` is that of the cache.
 */
export function loadAllJobs(config: Config, isInPlace = true, directory = cacheDirectory(config)): Loaded {
  const cache = directory === undefined ? undefined : privateCache(directory);
  const cacheName = `jobs${nameOfDirectory(config)}`;
  const contents = isInPlace ? keptContents(config) : undefined;
  // Only jobs that are read now can be kept for others.
  const known = contents === undefined || contents.isThere ? cache?.read(cacheName) : undefined;
  const memory = jobMemory(known, fingerprintOf(config, isInPlace), digestOnce());
  const [closed] = config.embedded || !isInPlace ? [] : unreadablePlaces(config);
  // The crontab stays as it is, as if the jobs could not be listed, and cron-generate says why.
  if (closed !== undefined) return { jobs: { is: 'unlisted', problem: closed }, keep: () => undefined };
  const jobs = loadCrontabJobs({
    jobDirectory: config.jobDirectory,
    files,
    nowMs: clock.nowMs(),
    memory,
    ...jobReader(config, isInPlace, contents),
  });
  const ofFleet = jobs.is === 'loaded' ? fleetProblems(config, jobs.jobs) : [];
  const keep = () => {
    const text = memory.text();
    if (text === undefined) return;
    contents?.write(memory.stamps());
    cache?.write(cacheName, text);
  };
  return {
    jobs: jobs.is !== 'loaded' || ofFleet.length === 0 ? jobs : { ...jobs, problems: [...jobs.problems, ...ofFleet] },
    keep,
  };
}

function jobReader(
  config: Config,
  isInPlace: boolean,
  contents: KeptContents | undefined,
): Required<Pick<JobSource, 'prepare' | 'read'>> {
  const checkSchedule = scheduleChecker();
  const host = { files, checkSchedule, checkZone };
  let closedOf: (slug: string) => readonly Problem[] = () => [];
  return {
    prepare(slugs) {
      if (isInPlace && slugs.length > 0) closedOf = unreadableJobs(slugs, config);
    },
    read(slug) {
      const loaded = loadJob(slug, config, host);
      const closed = loaded?.ok === true ? closedOf(slug) : [];
      const result = closed.length === 0 ? loaded : ({ ok: false, problems: closed } as const);
      if (result?.ok && result.warnings.length === 0) contents?.learn(result.value);
      return result && knownJob(slug, jobPath(slug, config), result);
    },
  };
}

/** Thousands of jobs share a zone. */
function digestOnce(): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const digest = known.get(name) ?? zoneDigest(name);
    known.set(name, digest);
    return digest;
  };
}

function fleetProblems(config: Config, jobs: readonly CrontabJob[]): readonly Problem[] {
  const poolless = poollessHost(config, jobs);
  return [...(poolless === undefined ? [] : [poolless]), ...crowds(config, jobs)];
}

/** The largest pool in which all hosts may ask for each tick: each starts a program and reads from etcd. */
const crowdHosts = 20;

/** Warns of jobs for which a crowd asks at each tick. */
function crowds({ fleet }: Config, jobs: readonly CrontabJob[]): readonly Problem[] {
  return jobs.flatMap(({ pool, source, disabled }) => {
    const count = pool?.claims?.candidates === 'all' ? (fleet?.pools[pool.name]?.length ?? 0) : 0;
    if (count <= crowdHosts || disabled) return [];
    const message = `with "candidates: all" ${count} hosts start run-job at each tick, and all but one for nothing: a number such as 3 is enough`;
    return [{ severity: 'warning', file: source, message }];
  });
}

/**
 * Warns of a host that is in no pool, where jobs have pools: its name may be spelled otherwise
 * there. Two hosts may share their short name, so no guess decides.
 */
function poollessHost({ fleet, sources }: Config, jobs: readonly CrontabJob[]): Problem | undefined {
  if (fleet === undefined || !jobs.some(({ pool }) => pool !== undefined)) return undefined;
  const message = poollessWords(fleet);
  return message === undefined ? undefined : { severity: 'warning', file: sources.at(-1) ?? 'configuration', message };
}

/**
 * The directory of the cache. systemd's CACHE_DIRECTORY wins. A user who is not root and has no
 * process-control of their own gets none.
 */
function cacheDirectory({ embedded, stateDirectory }: Config): string | undefined {
  if (caller.environment.CACHE_DIRECTORY?.startsWith('/')) return caller.environment.CACHE_DIRECTORY;
  if (caller.euid === 0) return '/var/cache/process-control-generate';
  return embedded ? `${stateDirectory}/cron-generate` : undefined;
}

/**
 * Everything that decides, besides the job file, what is remembered of a job. Warnings about clock
 * changes hold for a month.
 */
function fingerprintOf(
  { jobDirectory, jobDefaults, trustedOwnerUids, serviceUser, fleet }: Config,
  isInPlace: boolean,
): string {
  const month = new Date(clock.nowMs()).toISOString().slice(0, 7);
  return JSON.stringify([
    version,
    process.version,
    hostZoneDigest(),
    month,
    jobDirectory,
    jobDefaults,
    trustedOwnerUids,
    fleet?.pools,
    fleet?.etcd !== undefined,
    isInPlace ? [serviceUser.uid, ...groupIdsOf(serviceUser)] : [],
  ]);
}
