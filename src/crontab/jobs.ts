/**
 * Learns what the crontab has to know of every job. A file that is the very same as the last time is not read again: what it said then
 * is remembered, and forgotten when the configuration, the program or the file itself has changed.
 */

import { listJobFiles } from '../job/folder.ts';
import type { Job } from '../job/job.ts';
import type { FileFacts, Files } from '../system/types/file.ts';
import type { Problem, Result } from '../text/problem.ts';
import type { BrokenJob, CrontabJob } from './crontab.ts';

/** What one file said. */
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
  /** Hears which files will be read, before the first one is. */
  readonly prepare?: (slugs: readonly string[]) => void;
  /** Reads one file; `undefined` when it has vanished. */
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
  /** Of a file that can be told from any later one. */
  readonly stamp: string | undefined;
  /** What is remembered. */
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

/** A file that was changed this recently may be changed again without a new time stamp, where those are of whole seconds. */
const settledMs = 2000;

/** Of a file that can be told from any later one. The inode's change time can't be set by anyone, and covers owner, mode and renames. */
function stampOf(facts: FileFacts | undefined, nowMs: number): string | undefined {
  if (facts?.kind !== 'file' || facts.ctimeMs > nowMs - settledMs) return undefined;
  return `${facts.inode}:${facts.sizeBytes}:${facts.mtimeMs}:${facts.ctimeMs}`;
}

export function knownJob(slug: string, path: string, result: Result<Job>): KnownJob {
  if (!result.ok) {
    const { problems } = result;
    const line = problems.find(({ severity }) => severity === 'error')?.line;
    return { is: 'broken', job: { slug, source: path, ...(line !== undefined && { line }) }, problems };
  }
  const { name, schedule, enabled, service, timing } = result.value;
  const { timeZone } = timing;
  const job: CrontabJob = {
    slug,
    name,
    source: path,
    ...(schedule !== undefined && { schedule: schedule.text }),
    ...(timeZone !== undefined && !schedule?.atBoot && { timeZone }),
    disabled: !enabled,
    service: service !== undefined,
    catchUp: timing.catchUp === 'last' && service === undefined,
  };
  return { is: 'good', job, problems: result.warnings };
}

export interface JobMemory {
  recall(slug: string, stamp: string): KnownJob | undefined;
  remember(slug: string, stamp: string, known: KnownJob): void;
  /** To be kept for the next time; `undefined` when it would say what it said before. */
  text(): string | undefined;
}

interface Remembered {
  readonly stamp: string;
  /** Of the data of the zone that the job names, by which it was judged. */
  readonly zone?: string;
  readonly known: KnownJob;
}

/** `text` is of an earlier memory; under another fingerprint it says nothing. `zoneDigest` changes when the data of a zone do. */
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
      // What was wrong with a zone may be put right without a touch on the file, by the package tzdata.
      if (known.problems.some(({ severity, message }) => severity === 'error' && message.startsWith('"time_zone"')))
        return;
      const zone = zoneOf(known, zoneDigest);
      now.set(slug, { stamp, known, ...(zone !== undefined && { zone }) });
      learned = true;
    },
    text: () => (learned || now.size !== earlier.size ? JSON.stringify({ fingerprint, jobs: [...now] }) : undefined),
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
