/**
 * `jobctl import`: the lines of crontabs as job files, with proof of equal start times. It takes
 * nothing out of a crontab and writes over no file.
 */
import { closeSync, fchmodSync, fchownSync, fsyncSync, readSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import { throughSudo } from '../../../config/sources.ts';
import { readAnacrontab } from '../../../crontab/import/anacron.ts';
import { environmentRows } from '../../../crontab/import/environment.ts';
import { type Imported, importEntry } from '../../../crontab/import/imported.ts';
import { firstDifference, lineSchedule } from '../../../crontab/import/prove.ts';
import { readSource, type SourceEntry } from '../../../crontab/import/source.ts';
import { validateJobText } from '../../../job/load.ts';
import { readFrom } from '../../../system/file/careful-file.ts';
import { files } from '../../../system/file/files.ts';
import { inNamedFile } from '../../../system/file/named-file.ts';
import { createFile } from '../../../system/file/new-file.ts';
import { clock } from '../../../system/time/clock.ts';
import { findZone } from '../../../system/time/zones.ts';
import { caller } from '../../../system/user/caller.ts';
import { hostLocale } from '../../../system/user/locale.ts';
import { users } from '../../../system/user/users.ts';
import { defined } from '../../../text/defined.ts';
import { printableText } from '../../../text/printable.ts';
import { checkZone, scheduleChecker } from '../../crontab/check-schedule.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { hostZones } from '../../frame/zones.ts';
import type { Options } from '../frame/options.ts';
import { jsonOf, type Outcome, outcomeText, patchOf, type Source } from './import/answer.ts';
import { refusalOfDirectory, refuseForeign } from './import/places.ts';
import { importTimer } from './import/timers.ts';

/** cron itself reads at most 10,000 lines of 1,000 characters. */
const limitBytes = 1024 * 1024;

export function importCrontabs(options: Options, config: Config): number {
  const names = options.names ?? [];
  if (names.length === 0 && options.systemd)
    return refuse('jobctl', 'which timers? jobctl import --systemd backup.timer');
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
  const importCrontab = (name: string) => {
    const source = readNamed(name, options);
    return typeof source === 'string' ? source : convert(source, { config, taken, cron: options.cron ?? 'debian' });
  };
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const outcome = options.systemd ? importTimer(name, { config, taken, user: options.user }) : importCrontab(name);
    if (typeof outcome === 'string') return refuse('jobctl', `${name}: ${outcome}`);
    for (const { slug } of outcome.jobs) taken.add(slug);
    outcomes.push(outcome);
  }
  if (options.json) print(`${JSON.stringify(jsonOf(outcomes, directory))}\n`);
  else for (const outcome of outcomes) print(printableText(outcomeText(outcome, directory)));
  if (options.write) {
    const refusal = directory === path.resolve(config.jobDirectory) ? undefined : refusalOfDirectory(directory);
    if (refusal !== undefined) return refuse('jobctl', refusal, 1);
    for (const outcome of outcomes) {
      const refusal = writeAll(outcome, directory, config);
      if (refusal !== undefined) return refuse('jobctl', refusal, 1);
    }
  }
  return outcomes.some(({ jobs, problems }) => problems.length > 0 || jobs.some(({ checks }) => checks.length > 0))
    ? 1
    : 0;
}

function readNamed(name: string, { system, user, anacron }: Options): Source | string {
  const full = path.resolve(name);
  const hasUsers = system === true || (name !== '-' && (full === '/etc/crontab' || full.startsWith('/etc/cron.d/')));
  const spool = /^\/var\/spool\/cron\/(?:crontabs\/)?([^/]+)$/.exec(full)?.[1];
  const isAnacron = anacron === true || full === '/etc/anacrontab';
  const owner = user ?? spool ?? (isAnacron ? 'root' : undefined);
  if (!hasUsers && owner === undefined)
    return 'whose crontab is it? --user NAME, or --system if it has a column of users';
  try {
    const read =
      name === '-'
        ? { bytes: standardInput(), isPrivate: true }
        : inNamedFile(full, (fd, facts) => {
            refuseForeign(full, facts);
            return bounded(fd, facts);
          });
    if (read.bytes.length > limitBytes) return `more than ${limitBytes} bytes`;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read.bytes);
    return {
      title: name === '-' ? 'standard input' : full,
      text,
      hasUsers,
      isAnacron,
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

interface Conversion {
  readonly config: Config;
  readonly taken: Set<string>;
  readonly cron: 'debian' | 'cronie';
}

function convert(source: Source, { config, taken, cron }: Conversion): Outcome {
  const {
    entries,
    problems: unread,
    left,
  } = source.isAnacron ? readAnacrontab(source.text) : readSource(source.text, source.hasUsers);
  const problems = [...unread];
  const checks = { checkSchedule: scheduleChecker(), checkZone };
  const jobs: ProvedJob[] = [];
  for (const entry of entries) {
    const order = { origin: source.title, user: source.user, serviceUser: config.serviceUser.name, taken, cron };
    const job = proved(entry, order, config, checks);
    if (typeof job === 'string') problems.push({ line: entry.line, message: job });
    else {
      taken.add(job.slug);
      jobs.push(job);
    }
  }
  const environment = jobs[0] === undefined ? [] : environmentOf(jobs[0].entry, source, { config, cron });
  const lines = jobs.map(({ entry: { line } }) => line);
  return {
    ...{ title: source.title, isPrivate: source.isPrivate, giver: 'cron', environment, left },
    jobs: jobs.map(({ slug, text, checks, entry: { line }, isSame }) => ({ slug, text, checks, line, isSame })),
    problems: problems.sort((a, b) => a.line - b.line),
    removal: { is: 'patch', patch: jobs.length === 0 ? '' : patchOf(source, lines) },
  };
}

/** The settings above the first line mostly hold for all. */
function environmentOf(entry: SourceEntry, { user }: Source, { config, cron }: Pick<Conversion, 'config' | 'cron'>) {
  const { serviceUser, searchPath } = config;
  const tells = config.jobDefaults.failmail !== undefined || config.jobDefaults.notify !== undefined;
  const job = {
    user: serviceUser.name,
    home: serviceUser.home,
    searchPath,
    locale: hostLocale().variables.LANG,
    tells,
  };
  return environmentRows(entry, { cron, user, home: users.find(entry.user ?? user)?.home, job });
}

type Checks = NonNullable<Parameters<typeof validateJobText>[2]>;

type ProvedJob = Imported & { readonly isSame: boolean };

/** The job, or why it can't be: what is printed is loaded as a job file is, and its starts compared. */
function proved(
  entry: SourceEntry,
  order: Parameters<typeof importEntry>[1],
  config: Config,
  checks: Checks,
): ProvedJob | string {
  const schedule = lineSchedule(entry.schedule);
  if (typeof schedule === 'string') return schedule;
  const job = importEntry(entry, order);
  const loaded = validateJobText({ file: job.slug, bytes: Buffer.from(job.text) }, config.jobDefaults, checks);
  if (!loaded.ok) {
    return loaded.problems.flatMap(({ severity, message }) => (severity === 'error' ? [message] : [])).join('; ');
  }
  const times = { nowMs: clock.nowMs(), zones: hostZones() };
  const zone = order.cron === 'cronie' ? findZone(entry.settings.get('CRON_TZ') ?? '') : undefined;
  const differs = firstDifference(schedule, loaded.value, { ...times, ...defined({ zone }) });
  if (differs === undefined) return { ...job, isSame: entry.passedOn === undefined };
  const when = new Date(differs).toISOString();
  if (zone === undefined) return `cron and the job differ at ${when}: default_job_config?`;
  const check = `at a change of the clocks of ${zone.name} the job starts once, cronie twice or not at all; first at ${when}. Is that well?`;
  return { ...importEntry(entry, { ...order, moreChecks: [check] }), isSame: false };
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
    fsyncSync(fd);
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
