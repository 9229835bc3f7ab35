/**
 * `jobctl import`: the lines of crontabs as job files, with proof of equal start times. It takes
 * nothing out of a crontab and writes over no file.
 */
import { closeSync, fchmodSync, fchownSync, readSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createTwoFilesPatch } from 'diff';
import type { Config } from '../../../config/config.ts';
import { throughSudo } from '../../../config/sources.ts';
import { type Imported, importEntry } from '../../../crontab/import/imported.ts';
import { firstDifference, lineSchedule } from '../../../crontab/import/prove.ts';
import { readSource, type SourceEntry, type SourceNote } from '../../../crontab/import/source.ts';
import { validateJobText } from '../../../job/load.ts';
import { readFrom } from '../../../system/file/careful-file.ts';
import { files } from '../../../system/file/files.ts';
import { inNamedFile } from '../../../system/file/named-file.ts';
import { createFile } from '../../../system/file/new-file.ts';
import { clock } from '../../../system/time/clock.ts';
import { caller } from '../../../system/user/caller.ts';
import { printableText } from '../../../text/printable.ts';
import { checkZone, scheduleChecker } from '../../crontab/check-schedule.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { hostZones } from '../../frame/zones.ts';
import type { Options } from '../frame/options.ts';

/** cron itself reads at most 10,000 lines of 1,000 characters. */
const limitBytes = 1024 * 1024;

interface Source {
  readonly title: string;
  readonly text: string;
  readonly hasUsers: boolean;
  readonly user: string;
  /** Other users can't read the source, so they must not read what is made of it. */
  readonly isPrivate: boolean;
}

interface Outcome extends Source {
  readonly jobs: readonly Imported[];
  readonly problems: readonly SourceNote[];
  readonly left: readonly SourceNote[];
}

export function importCrontabs(options: Options, config: Config): number {
  const names = options.names ?? [];
  if (names.length === 0) return refuse('jobctl', 'import takes crontabs: jobctl import /etc/cron.d/backup');
  if (throughSudo(caller)) {
    return refuse(
      'jobctl',
      'import does not serve with the rights of sudo; without it: crontab -l | jobctl import - --user NAME',
    );
  }
  const directory = path.resolve(options.to ?? config.jobDirectory);
  const taken = new Set(
    (files.list(directory) ?? []).filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -5)),
  );
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const source = readNamed(name, options);
    if (typeof source === 'string') return refuse('jobctl', `${name}: ${source}`);
    outcomes.push(convert(source, config, taken));
  }
  for (const outcome of outcomes) print(printableText(outcomeText(outcome, directory)));
  if (options.write) {
    for (const outcome of outcomes) {
      const refusal = writeAll(outcome, directory, config);
      if (refusal !== undefined) return refuse('jobctl', refusal, 1);
    }
  }
  return outcomes.some(({ jobs, problems }) => problems.length > 0 || jobs.some(({ checks }) => checks.length > 0))
    ? 1
    : 0;
}

function readNamed(name: string, { system, user }: Options): Source | string {
  const full = path.resolve(name);
  const hasUsers = system === true || (name !== '-' && (full === '/etc/crontab' || full.startsWith('/etc/cron.d/')));
  const spool = /^\/var\/spool\/cron\/(?:crontabs\/)?([^/]+)$/.exec(full)?.[1];
  const owner = user ?? spool;
  if (!hasUsers && owner === undefined)
    return 'whose crontab is it? --user NAME, or --system if it has a column of users';
  try {
    const read = name === '-' ? { bytes: standardInput(), isPrivate: true } : inNamedFile(full, bounded);
    if (read.bytes.length > limitBytes) return `more than ${limitBytes} bytes`;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read.bytes);
    return {
      title: name === '-' ? 'standard input' : full,
      text,
      hasUsers,
      user: owner ?? 'root',
      isPrivate: read.isPrivate,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'there is no such file';
    return error instanceof TypeError ? 'it is not text in UTF-8' : message;
  }
}

function bounded(fd: number, { mode, size }: { readonly mode: number; readonly size: number }) {
  return { bytes: readFrom(fd, 0, Math.min(size, limitBytes + 1)), isPrivate: (mode & 0o004) === 0 };
}

function standardInput(): Buffer {
  const buffer = Buffer.alloc(limitBytes + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length <= limitBytes; length += count) {
    count = readSync(0, buffer, length, buffer.length - length, null);
  }
  return buffer.subarray(0, length);
}

function convert(source: Source, config: Config, taken: Set<string>): Outcome {
  const { entries, problems: unread, left } = readSource(source.text, source.hasUsers);
  const problems = [...unread];
  const jobs: Imported[] = [];
  for (const entry of entries) {
    const order = { origin: source.title, user: source.user, serviceUser: config.serviceUser.name, taken };
    const job = proved(entry, order, config);
    if (typeof job === 'string') problems.push({ line: entry.line, message: job });
    else {
      taken.add(job.slug);
      jobs.push(job);
    }
  }
  return { ...source, jobs, problems: problems.sort((a, b) => a.line - b.line), left };
}

/** The job, or why it can't be: what is printed is loaded as a job file is, and its starts compared. */
function proved(entry: SourceEntry, order: Parameters<typeof importEntry>[1], config: Config): Imported | string {
  const schedule = lineSchedule(entry.schedule);
  if (typeof schedule === 'string') return schedule;
  const job = importEntry(entry, order);
  const checks = { checkSchedule: scheduleChecker(), checkZone };
  const loaded = validateJobText({ file: job.slug, bytes: Buffer.from(job.text) }, config.jobDefaults, checks);
  if (!loaded.ok) {
    return loaded.problems.flatMap(({ severity, message }) => (severity === 'error' ? [message] : [])).join('; ');
  }
  const differs = firstDifference(schedule, loaded.value, { nowMs: clock.nowMs(), zones: hostZones() });
  return differs === undefined
    ? job
    : `cron and the job differ at ${new Date(differs).toISOString()}: default_job_config?`;
}

function outcomeText(outcome: Outcome, directory: string): string {
  const { title, text, jobs, problems, left } = outcome;
  const lines = text.split('\n');
  const moved = new Set(jobs.map(({ entry }) => entry.line));
  const kept = lines.filter((_, index) => !moved.has(index + 1)).join('\n');
  const patch = createTwoFilesPatch(title, title, text, kept, 'present', 'without the jobs');
  const notes = (what: string, some: readonly SourceNote[]) =>
    some.map(({ line, message }) => `${title}: line ${line}: ${what}: ${message}\n`).join('');
  return [
    ...jobs.map((job) => `--- ${directory}/${job.slug}.yaml\n${job.text}\n`),
    notes('no job is made', problems),
    notes('left', left),
    jobs.length === 0
      ? ''
      : `${title}: ${jobs.length === 1 ? 'one job starts' : `${jobs.length} jobs start`} at the same times as now, compared for two years.\n` +
        `The lines to take out, when the jobs are in place:\n${patch.replace(/^(?:Index: .*\n)?=+\n/, '')}`,
  ].join('');
}

/** Writes new files only. Returns why it stopped. */
function writeAll({ jobs, isPrivate }: Outcome, directory: string, { serviceUser }: Config): string | undefined {
  for (const { slug, text } of jobs) {
    const file = `${directory}/${slug}.yaml`;
    try {
      writeNew(file, text, isPrivate ? serviceUser.gid : undefined);
    } catch (error) {
      return `${file} was not written: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** With a group, only its members and the owner can read the file. */
function writeNew(file: string, text: string, group: number | undefined): void {
  const fd = createFile(file, 0o600);
  try {
    writeSync(fd, text);
    if (group !== undefined && process.geteuid?.() === 0) fchownSync(fd, 0, group);
    fchmodSync(fd, group === undefined ? 0o644 : 0o640);
  } catch (error) {
    // Half a file would be a job.
    unlinkSync(file);
    throw error;
  } finally {
    closeSync(fd);
  }
}
