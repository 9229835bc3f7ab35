/** Job files to jobs: one by its name, all of a directory, or one text that is not in place yet; every mistake is a problem of its own file. */
import { validateJob } from '../generated/validators.ts';
import { parseExpression } from '../schedule/expression.ts';
import { isReboot } from '../schedule/nickname.ts';
import type { FileFacts, FileRead, Files } from '../system/types/file.ts';
import type { Problem, Result } from '../text/problem.ts';
import { withAudience } from '../yaml/audience.ts';
import { parseYaml, type Source, type Written } from '../yaml/parse.ts';
import { isUnreadName, unreadFiles, unreadMessage } from '../yaml/unread.ts';
import { auditSpelling } from './audit/spelling.ts';
import { type Job, type JobContent, type JobRemark, makeJob } from './job.ts';
import { jobSchema, type WrittenJob } from './keys/schema.ts';
import { jobSynonyms } from './keys/synonyms.ts';

/** Part of what schedule/expression.ts answers; columns are 1-based in the text. */
type ScheduleVerdict =
  | { readonly ok: true; readonly warnings: readonly ScheduleRemark[] }
  | { readonly ok: false; readonly problems: readonly ScheduleRemark[] };

interface ZoneRemark {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

interface ScheduleRemark {
  readonly message: string;
  readonly column: number;
}

/** What a program asks for beyond the job itself; each costs time at start. */
export interface Wishes {
  /** A fuller check than `parseExpression`, which every program makes: a file with a problem is not run, whoever starts it. `timeZone` is the job's own; absent: the host's. */
  readonly checkSchedule?: (text: string, timeZone?: string) => ScheduleVerdict;
  /** What is wrong or odd about the name of a time zone, as the end of a sentence that starts with the key. */
  readonly checkZone?: (name: string) => ZoneRemark | undefined;
  readonly sha256?: (bytes: Uint8Array) => string;
}

/** The settings that decide where job files are, what they inherit and whose they may be. */
export interface JobPlaces {
  readonly jobDirectory: string;
  readonly jobDefaults: WrittenJob;
  readonly trustedOwnerUids: readonly number[];
  /** The severity of an untrusted owner and of a group that can write: `strict` is an error. */
  readonly trust?: 'strict' | 'warn';
}

/** 256 KiB: no job needs more, and the parser's memory is bounded by it. */
const limitBytes = 256 * 1024;
const format = { schema: jobSchema, validate: validateJob, synonyms: jobSynonyms };

/** Names that mean the same to a shell, a crontab, a log directory and a mail subject. */
export function isSlug(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(text);
}

/** undefined: there is no such job. */
export function loadJob(
  slug: string,
  places: JobPlaces,
  machine: { readonly files: Files } & Wishes,
): Result<Job> | undefined {
  return isSlug(slug) ? loadFile(slug, places, machine) : undefined;
}

export type JobNames =
  /** `slugs` are sorted bytewise; `strays` are problems of files that can't be jobs. */
  | { readonly is: 'listed'; readonly slugs: readonly string[]; readonly strays: readonly Problem[] }
  /** The directory can't be read, so nothing is known about any job. */
  | { readonly is: 'unlisted'; readonly problem: Problem };

/** The names of the job files in a directory. */
export function listJobFiles({ jobDirectory }: Pick<JobPlaces, 'jobDirectory'>, files: Files): JobNames {
  const names = files.list(jobDirectory);
  if (names === undefined) {
    return {
      is: 'unlisted',
      problem: error(jobDirectory, 'the job directory can not be read; create it, or set "job_directory"'),
    };
  }
  // Hidden files are how editors and configuration managers keep what is not finished.
  const found = names
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
    .map((name) => name.slice(0, -5));
  const strays = found
    .filter((slug) => !isSlug(slug))
    .sort()
    .map((slug) => error(`${jobDirectory}/${slug}.yaml`, badSlugMessage));
  return {
    is: 'listed',
    slugs: found.filter(isSlug).sort(),
    strays: [...strays, ...unreadFiles(jobDirectory, names, files)],
  };
}

/** What keeps a file of this name from being a job, as the warning that reading its directory would give. */
export function nameProblem(path: string): Problem | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.endsWith('.yaml')) return isSlug(name.slice(0, -5)) ? undefined : error(path, badSlugMessage);
  if (isUnreadName(name)) return error(path, unreadMessage(name));
  return error(path, 'this file would not be read: the name of a job file ends in ".yaml"');
}

/** The end of a sentence about a job that is not there: a file that has its name and is not read. */
export function unreadNamesake(slug: string, { jobDirectory }: Pick<JobPlaces, 'jobDirectory'>, files: Files): string {
  const namesake = isSlug(slug)
    ? files.list(jobDirectory)?.find((name) => isUnreadName(name) && name.replace(/\.[^.]*$/, '') === slug)
    : undefined;
  return namesake === undefined ? '' : `; ${jobDirectory}/${namesake} is not read: rename it to "${slug}.yaml"`;
}

const badSlugMessage =
  'this can not be the name of a job: use letters, digits, "_", "." and "-", start with a letter, digit or "_", at most 100 characters';

export function jobPath(slug: string, { jobDirectory }: Pick<JobPlaces, 'jobDirectory'>): string {
  return `${jobDirectory}/${slug}.yaml`;
}

/** The bytes of a job file, or why there are none. */
export function readJobFile(slug: string, { jobDirectory }: Pick<JobPlaces, 'jobDirectory'>, files: Files): FileRead {
  return files.readRegular(jobPath(slug, { jobDirectory }), { limitBytes, inside: jobDirectory });
}

function loadFile(
  slug: string,
  places: JobPlaces,
  machine: { readonly files: Files } & Wishes,
): Result<Job> | undefined {
  const path = jobPath(slug, places);
  const read = readJobFile(slug, places, machine.files);
  if (read.is === 'absent') return undefined;
  if (read.is === 'refused') return { ok: false, problems: [error(path, read.reason)] };
  const doubts = ownership(path, read.facts, places);
  if (doubts.some(({ severity }) => severity === 'error')) return { ok: false, problems: doubts };

  const result = validateJobText({ file: path, bytes: read.bytes }, places.jobDefaults, machine);
  if (!result.ok) return { ok: false, problems: withAudience([...doubts, ...result.problems], path, machine.files) };
  const sha256 = machine.sha256?.(read.bytes) ?? '';
  return {
    ok: true,
    value: { slug, path, ...result.value, sha256 },
    warnings: [...doubts, ...result.warnings],
  };
}

/** Whoever can write a job file decides what the service user runs. */
function ownership(
  path: string,
  { uid, mode }: FileFacts,
  { trustedOwnerUids, trust = 'warn' }: JobPlaces,
): readonly Problem[] {
  if ((mode & 0o002) !== 0) return [error(path, 'everyone can write this file, so it is not used: chmod o-w')];
  const doubts: string[] = [];
  if ((mode & 0o020) !== 0) doubts.push('a group can write this file: chmod g-w');
  if (!trustedOwnerUids.includes(uid)) doubts.push(`the owner (uid ${uid}) is not among "trusted_owners"`);
  return doubts.map((message) => ({ severity: trust === 'strict' ? 'error' : 'warning', file: path, message }));
}

/** A job file's text, whatever its name and wherever it comes from. */
export function validateJobText(source: Source, defaults: WrittenJob, wishes: Wishes = {}): Result<JobContent> {
  const written = parseYaml<WrittenJob>(source, format, (key) => Object.hasOwn(defaults, key));
  const readable = written.ok ? written.value : written.sound;
  if (readable === undefined) return { ok: false, problems: written.ok ? written.warnings : written.problems };
  const said = written.ok ? written.warnings : nameZone(written.problems, readable, wishes.checkZone);
  const { content, remarks } = makeJob(readable.value, defaults);
  const spelled = auditSpelling(readable.value, readable.spelling).map(
    (doubt): JobRemark => ({ severity: 'warning', ...doubt }),
  );
  const scheduled = scheduleRemarks(content, wishes.checkSchedule);
  const zone = zoneRemarks(content, readable, wishes.checkZone);
  const problems = [
    ...said,
    ...[...remarks, ...spelled, ...scheduled, ...zone].map((remark) => problemOf(remark, source.file, readable)),
  ].sort(byPlace);
  if (problems.some(({ severity }) => severity === 'error')) return { ok: false, problems };
  return { ok: true, value: content, warnings: problems };
}

function scheduleRemarks(
  { schedule, timing }: JobContent,
  check: NonNullable<Wishes['checkSchedule']> = parseExpression,
): readonly JobRemark[] {
  if (schedule === undefined) return [];
  const verdict = check(schedule, timing.timeZone);
  const severity = verdict.ok ? 'warning' : 'error';
  const remarks = verdict.ok ? verdict.warnings : verdict.problems;
  return remarks.map(({ message, column }) => ({
    severity,
    path: ['schedule'],
    index: column - 1,
    message: `"schedule": ${message}`,
  }));
}

function zoneRemarks(
  { timing: { timeZone }, schedule }: JobContent,
  written: Written<unknown>,
  check: Wishes['checkZone'],
): readonly JobRemark[] {
  const remark = timeZone === undefined ? undefined : check?.(timeZone);
  const path = ['time_zone'];
  if (remark !== undefined) return [{ severity: remark.severity, path, message: `"time_zone" ${remark.message}` }];
  if (timeZone === undefined || !isReboot(schedule) || written.place(path) === undefined) return [];
  const message = '"time_zone" changes nothing here: a boot is the same moment in every zone';
  return [{ severity: 'warning', path, message }];
}

/** What does not even look like the name of a zone may still have been meant as one: whoever knows the names says more about it than its form does. */
function nameZone(
  said: readonly Problem[],
  { place, spelling }: Written<unknown>,
  check: Wishes['checkZone'],
): readonly Problem[] {
  const path = ['time_zone'];
  const name = spelling(path)?.text.replace(/^(["'])(.*)\1$/, '$2') ?? '';
  const remark = name === '' ? undefined : check?.(name);
  if (remark === undefined) return said;
  const { line, column } = place(path) ?? {};
  return said.map((problem) => {
    const isIt = problem.severity === 'error' && problem.line === line && problem.column === column;
    return isIt && problem.message.startsWith('"time_zone" must be ')
      ? { ...problem, message: `"time_zone" ${remark.message}` }
      : problem;
  });
}

/** A value that is not in the file comes from the configuration. */
function problemOf({ severity, path, index, message }: JobRemark, file: string, written: Written<unknown>): Problem {
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
