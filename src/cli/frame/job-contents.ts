/**
 * The contents of job files that cron-generate has checked, kept for the programs that list jobs.
 * Everyone can read them, so only what everyone can read in the job files themselves is kept there;
 * a user's own jobs are kept for that user alone.
 */
import type { Config } from '../../config/config.ts';
import { contentLine, contentsText, type JobContents, readContents } from '../../job/contents.ts';
import { jobPath } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { stampOf } from '../../job/stamp.ts';
import { files } from '../../system/file/files.ts';
import { privateCache, publicCache } from '../../system/state/cache.ts';
import { clock } from '../../system/time/clock.ts';
import type { Cache } from '../../system/types/state.ts';
import { caller } from '../../system/user/caller.ts';
import { isForAll } from '../../yaml/audience.ts';
import { version } from './version.ts';

const everyonesDirectory = '/var/cache/process-control-jobs';

export interface KeptContents {
  /** True if earlier contents are there. */
  readonly isThere: boolean;
  /** Notes a job without problems that has just been read. */
  learn(job: Job): void;
  /** Writes what is known of the files with these stamps, which are by slug. */
  write(stamps: ReadonlyMap<string, string>): void;
}

/** The contents for cron-generate to keep; `undefined` where this caller keeps none. */
export function keptContents(config: Config): KeptContents | undefined {
  if (!config.embedded && (caller.euid !== 0 || caller.environment.CACHE_DIRECTORY !== undefined)) return undefined;
  const cache = cacheOf(config);
  const name = nameOf(config);
  const learned: Job[] = [];
  return {
    isThere: cache.has(name),
    learn: (job) => learned.push(job),
    write(stamps) {
      // No fingerprint is empty, so nothing is known by this text.
      if (!isOpenToAll(config)) return cache.write(name, '');
      const fingerprint = fingerprintOf(config);
      const earlier = readContents(cache.read(name), fingerprint);
      const now = new Map(learned.map((job) => [job.slug, job]));
      const lines = [...stamps].flatMap(([slug, stamp]) => {
        const job = now.get(slug);
        if (job === undefined) return earlier.line(slug, stamp) ?? [];
        return (mayBeKept(job.path, config) ? contentLine(stamp, job) : undefined) ?? [];
      });
      cache.write(name, contentsText(fingerprint, lines));
    },
  };
}

/** The first look at a job costs less than reading the contents of all. */
const fewJobs = 16;

/** Returns the jobs that are known by their stamps; `undefined` for one that has to be read. */
export function knownJobs(config: Config): (slug: string) => Job | undefined {
  let count = 0;
  let contents: JobContents | undefined;
  return (slug) => {
    if (++count <= fewJobs) return undefined;
    contents ??= readContents(cacheOf(config).read(nameOf(config)), fingerprintOf(config));
    const path = jobPath(slug, config);
    const stamp = stampOf(files.facts(path), clock.nowMs());
    const content = stamp === undefined ? undefined : contents.find(slug, stamp);
    return content && { slug, path, ...content, sha256: '' };
  };
}

function cacheOf({ embedded, stateDirectory }: Config): Cache {
  return embedded ? privateCache(`${stateDirectory}/cron-generate`) : publicCache(everyonesDirectory);
}

function nameOf(config: Config): string {
  return `contents${nameOfDirectory(config)}`;
}

/** The job directory as a part of a file's name. */
export function nameOfDirectory({ jobDirectory }: Config): string {
  return jobDirectory.replace(/[^\w-]/g, '_').slice(-200);
}

/** Everything that decides, besides a job file, what the file means to those who list jobs. */
function fingerprintOf({ jobDirectory, jobDefaults, trustedOwnerUids, trust, fleet }: Config): string {
  return JSON.stringify([
    version,
    jobDirectory,
    jobDefaults,
    trustedOwnerUids,
    trust,
    fleet?.pools,
    fleet?.etcd !== undefined,
  ]);
}

/**
 * True if anything may be kept: contents, and the fingerprint, have the defaults of the configuration
 * in them.
 */
function isOpenToAll({ embedded, sources, jobDirectory }: Config): boolean {
  const directory = files.resolve(jobDirectory) ?? jobDirectory;
  const mayEnter = ((files.facts(directory)?.mode ?? 0) & 0o001) !== 0;
  return (
    embedded || (mayEnter && [...sources, directory].every((place) => isForAll(files.resolve(place) ?? place, files)))
  );
}

/** True if everybody may read this job file, in a directory that everybody can enter. */
function mayBeKept(path: string, { embedded }: Config): boolean {
  return embedded || ((files.facts(path)?.mode ?? 0) & 0o004) !== 0;
}
