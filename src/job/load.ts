/** Loads jobs from job files. Every problem has its file and its place there. */
import { validateJob } from '../generated/validators.ts';
import type { FileFacts, Files } from '../system/types/file.ts';
import type { Fleet } from '../system/types/fleet.ts';
import type { Problem, Result } from '../text/problem.ts';
import { withAudience } from '../yaml/audience.ts';
import { type Located, parseYaml, type Source } from '../yaml/parse.ts';
import { auditJob } from './audit/audit.ts';
import { auditPool } from './audit/pool.ts';
import { auditSchedule, auditZone, type ScheduleCheck, type ZoneCheck } from './audit/schedule.ts';
import { withSecrets } from './audit/secret-lines.ts';
import { isSlug, jobPath, readJobFile } from './folder.ts';
import type { Job, JobContent } from './job.ts';
import { jobSchema, type WrittenJob } from './keys/schema.ts';
import { jobSynonyms } from './keys/synonyms.ts';
import { makeJob } from './make-job.ts';
import type { ValueProblem } from './value-problem.ts';
import { sourceOf } from './written.ts';

/** Checks that not every program needs; each costs time at start. */
export interface Checks {
  readonly checkSchedule?: ScheduleCheck;
  readonly checkZone?: ZoneCheck;
  readonly sha256?: (bytes: Uint8Array) => string;
  /** The hosts of the configuration; absent where a file is checked by itself. */
  readonly fleet?: Pick<Fleet, 'pools' | 'etcd'>;
}

/** The settings for job files: their directory, their defaults and their trusted owners. */
export interface JobPlaces {
  readonly jobDirectory: string;
  readonly jobDefaults: WrittenJob;
  readonly trustedOwnerUids: readonly number[];
  /** The severity of an untrusted owner and of a group that can write: `strict` is an error. */
  readonly trust?: 'strict' | 'warn';
  readonly fleet?: Fleet;
}

const format = { schema: jobSchema, validate: validateJob, synonyms: jobSynonyms };

/** Loads one job; `undefined` if there is no such job. */
export function loadJob(
  slug: string,
  places: JobPlaces,
  host: { readonly files: Files } & Checks,
): Result<Job> | undefined {
  return isSlug(slug) ? loadFile(slug, places, host) : undefined;
}

function loadFile(slug: string, places: JobPlaces, host: { readonly files: Files } & Checks): Result<Job> | undefined {
  const path = jobPath(slug, places);
  const read = readJobFile(slug, places, host.files);
  if (read.is === 'absent') return undefined;
  if (read.is === 'refused') return { ok: false, problems: [error(path, read.reason)] };
  const ofFile = ownership(path, read.facts, places);
  if (ofFile.some(({ severity }) => severity === 'error')) return { ok: false, problems: ofFile };

  const checks = { ...host, fleet: places.fleet ?? { pools: {} } };
  const result = validateJobText({ file: path, bytes: read.bytes }, places.jobDefaults, checks);
  if (!result.ok) {
    const problems = withSecrets([...ofFile, ...result.problems], read.bytes);
    return { ok: false, problems: withAudience(problems, path, host.files) };
  }
  const sha256 = host.sha256?.(read.bytes) ?? '';
  return {
    ok: true,
    value: { slug, path, ...result.value, sha256 },
    warnings: [...ofFile, ...result.warnings],
  };
}

/** Checks who can write a job file, because they decide what the service user runs. */
function ownership(
  path: string,
  { uid, mode }: FileFacts,
  { trustedOwnerUids, trust = 'warn' }: JobPlaces,
): readonly Problem[] {
  if ((mode & 0o002) !== 0) return [error(path, 'everyone can write this file, so it is not used: chmod o-w')];
  const messages: string[] = [];
  if ((mode & 0o020) !== 0) messages.push('a group can write this file: chmod g-w');
  if (!trustedOwnerUids.includes(uid)) messages.push(`the owner (uid ${uid}) is not among "trusted_owners"`);
  return messages.map((message) => ({ severity: trust === 'strict' ? 'error' : 'warning', file: path, message }));
}

/** Makes the job of a text, which need not be a file in the job directory. */
export function validateJobText(source: Source, defaults: WrittenJob, checks: Checks = {}): Result<JobContent> {
  const written = parseYaml<WrittenJob>(source, format, (key) => Object.hasOwn(defaults, key));
  const readable = written.ok ? written.value : written.sound;
  if (readable === undefined) return { ok: false, problems: written.ok ? written.warnings : written.problems };
  const ofText = written.ok ? written.warnings : nameZone(written.problems, readable, checks.checkZone);
  const values = sourceOf(readable.value, defaults);
  const { content, problems: ofValues } = makeJob(values, checks.fleet?.etcd !== undefined);
  const ofJob = [
    ...ofValues,
    ...auditJob(values, content, readable.spelling),
    ...auditPool(values, content, checks.fleet),
    ...auditSchedule(content, checks.checkSchedule),
    ...auditZone(content, readable.place(['time_zone']) !== undefined, checks.checkZone),
  ];
  const problems = [...ofText, ...ofJob.map((problem) => problemOf(problem, source.file, readable))].sort(byPlace);
  if (problems.some(({ severity }) => severity === 'error')) return { ok: false, problems };
  return { ok: true, value: content, warnings: problems };
}

/**
 * Replaces the schema's problem of a zone's name by the better one of `check`, which knows all
 * names.
 */
function nameZone(
  problems: readonly Problem[],
  { place, spelling }: Located<unknown>,
  check: ZoneCheck | undefined,
): readonly Problem[] {
  const path = ['time_zone'];
  const name = spelling(path)?.text.replace(/^(["'])(.*)\1$/, '$2') ?? '';
  const known = name === '' ? undefined : check?.(name);
  if (known === undefined) return problems;
  const { line, column } = place(path) ?? {};
  return problems.map((problem) => {
    const isIt = problem.severity === 'error' && problem.line === line && problem.column === column;
    return isIt && problem.message.startsWith('"time_zone" must be ')
      ? { ...problem, message: `"time_zone" ${known.message}` }
      : problem;
  });
}

/** Adds the place of the value. A value that is not in the file comes from the configuration. */
function problemOf({ severity, path, index, message }: ValueProblem, file: string, written: Located<unknown>): Problem {
  const place = written.place(path, index);
  return place
    ? { severity, file, ...place, message }
    : { severity, file, message: `${message} (from default_job_config)` };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function error(file: string, message: string): Problem {
  return { severity: 'error', file, message };
}
