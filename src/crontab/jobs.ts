/**
 * Loads every job for the crontab. A file that has not changed since the last time is not read
 * again: its result is remembered until the configuration, the program or the file itself changes.
 */

import { listJobFiles } from '../job/folder.ts';
import type { Job } from '../job/job.ts';
import { stampOf } from '../job/stamp.ts';
import type { Files } from '../system/types/file.ts';
import { defined } from '../text/defined.ts';
import type { Problem, Result } from '../text/problem.ts';
import type { BrokenJob, CrontabJob } from './crontab.ts';

/** The result of one job file. */
export type KnownJob =
  | { readonly is: 'good'; readonly job: CrontabJob; readonly problems: readonly Problem[] }
  | { readonly is: 'broken'; readonly job: BrokenJob; readonly problems: readonly Problem[] };

export type CrontabJobs =
  | {
      readonly is: 'loaded';
      readonly jobs: readonly CrontabJob[];
      readonly broken: readonly BrokenJob[];
      readonly problems: readonly Problem[];
    }
  /** Nothing is known about any job. */
  | { readonly is: 'unlisted'; readonly problem: Problem };

export interface JobSource {
  readonly jobDirectory: string;
  readonly files: Files;
  readonly nowMs: number;
  readonly memory: JobMemory;
  /** Called with the files that will be read, before the first one is read. */
  readonly prepare?: (slugs: readonly string[]) => void;
  /** Reads one file; `undefined` if it has vanished. */
  readonly read: (slug: string) => KnownJob | undefined;
}

export function loadCrontabJobs(source: JobSource): CrontabJobs {
  const names = listJobFiles(source, source.files);
  if (names.is === 'unlisted') return names;
  const looked = names.slugs.map((slug) => lookUp(slug, source));
  source.prepare?.(looked.flatMap(({ slug, known }) => (known === undefined ? slug : [])));
  const known = looked.flatMap((one) => one.known ?? learn(one, source) ?? []);
  return {
    is: 'loaded',
    jobs: known.flatMap((one) => (one.is === 'good' ? one.job : [])),
    broken: known.flatMap((one) => (one.is === 'broken' ? one.job : [])),
    problems: [...known.flatMap(({ problems }) => problems), ...names.strays],
  };
}

interface Looked {
  readonly slug: string;
  /** Absent if a later change of the file could go unnoticed. */
  readonly stamp: string | undefined;
  /** The remembered result of the file, if there is one. */
  readonly known: KnownJob | undefined;
}

function lookUp(slug: string, { jobDirectory, files, nowMs, memory }: JobSource): Looked {
  const stamp = stampOf(files.facts(`${jobDirectory}/${slug}.yaml`), nowMs);
  return { slug, stamp, known: stamp === undefined ? undefined : memory.recall(slug, stamp) };
}

function learn({ slug, stamp }: Looked, { memory, read }: JobSource): KnownJob | undefined {
  const known = read(slug);
  if (known !== undefined && stamp !== undefined) memory.remember(slug, stamp, known);
  return known;
}

export function knownJob(slug: string, path: string, result: Result<Job>): KnownJob {
  if (!result.ok) {
    const { problems } = result;
    const line = problems.find(({ severity }) => severity === 'error')?.line;
    return { is: 'broken', job: defined({ slug, source: path, line }), problems };
  }
  const { name, schedule, disabled, service, timing, pool } = result.value;
  const { timeZone } = timing;
  const job: CrontabJob = defined({
    slug,
    name,
    source: path,
    schedule: schedule?.text,
    timeZone: schedule?.atBoot ? undefined : timeZone,
    disabled,
    service: service !== undefined,
    catchUp: timing.catchUp === 'last' && service === undefined,
    pool,
  });
  return { is: 'good', job, problems: result.warnings };
}

export interface JobMemory {
  recall(slug: string, stamp: string): KnownJob | undefined;
  remember(slug: string, stamp: string, known: KnownJob): void;
  /** The text to store for the next time; `undefined` if nothing has changed. */
  text(): string | undefined;
  /** The stamps of the files that are remembered, by slug. */
  stamps(): ReadonlyMap<string, string>;
}

interface Remembered {
  readonly stamp: string;
  /** The digest of the data of the zone that the job names. */
  readonly zone?: string;
  readonly known: KnownJob;
}

/**
 * Restores the memory from the text of an earlier one, unless the fingerprint differs. `zoneDigest`
 * changes with the data of a zone.
 */
export function jobMemory(
  text: string | undefined,
  fingerprint: string,
  zoneDigest: (name: string) => string,
): JobMemory {
  const earlier = parseMemory(text, fingerprint);
  const now = new Map<string, Remembered>();
  let learned = false;
  return {
    recall(slug, stamp) {
      const remembered = earlier.get(slug);
      if (remembered?.stamp !== stamp || remembered.zone !== zoneOf(remembered.known, zoneDigest)) return undefined;
      now.set(slug, remembered);
      return remembered.known;
    },
    remember(slug, stamp, known) {
      // The package tzdata may fix a problem of a zone while the job file stays the same.
      if (known.problems.some(({ severity, message }) => severity === 'error' && message.startsWith('"time_zone"')))
        return;
      const zone = zoneOf(known, zoneDigest);
      now.set(slug, { stamp, known, ...(zone !== undefined && { zone }) });
      learned = true;
    },
    text: () => (learned || now.size !== earlier.size ? JSON.stringify({ fingerprint, jobs: [...now] }) : undefined),
    stamps: () => new Map([...now].map(([slug, { stamp }]) => [slug, stamp])),
  };
}

function zoneOf({ is, job }: KnownJob, zoneDigest: (name: string) => string): string | undefined {
  const timeZone = is === 'good' ? (job as CrontabJob).timeZone : undefined;
  return timeZone === undefined ? undefined : zoneDigest(timeZone);
}

function parseMemory(text: string | undefined, fingerprint: string): Map<string, Remembered> {
  if (text === undefined) return new Map();
  try {
    const stored = JSON.parse(text) as { fingerprint: string; jobs: [string, Remembered][] };
    return stored.fingerprint === fingerprint ? new Map(stored.jobs) : new Map();
  } catch {
    return new Map();
  }
}
