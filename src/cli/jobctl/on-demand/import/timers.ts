/** `jobctl import --systemd`: the jobs that a timer and its service become. */
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../../../config/config.ts';
import { unitRows } from '../../../../crontab/import/environment.ts';
import { type GuardedJob, timerDifference } from '../../../../crontab/import/systemd/prove.ts';
import { serviceDraft } from '../../../../crontab/import/systemd/service.ts';
import { partsOf, type UnitName } from '../../../../crontab/import/systemd/specifiers.ts';
import { timerDraft } from '../../../../crontab/import/systemd/timer.ts';
import { timerJobs } from '../../../../crontab/import/systemd/timer-jobs.ts';
import { readUnit, type UnitProblem, type UnitText } from '../../../../crontab/import/systemd/unit-file.ts';
import type { ReadEnvironment } from '../../../../crontab/import/systemd/variables.ts';
import { validateJobText } from '../../../../job/load.ts';
import type { Scheduled } from '../../../../schedule/ticks.ts';
import { clock } from '../../../../system/time/clock.ts';
import { findZone } from '../../../../system/time/zones.ts';
import { hostLocale } from '../../../../system/user/locale.ts';
import { users } from '../../../../system/user/users.ts';
import { checkZone, scheduleChecker } from '../../../crontab/check-schedule.ts';
import { hostZones } from '../../../frame/zones.ts';
import { disableCommand, type ImportedJob, type Outcome } from './answer.ts';
import { isRoot, ownerOnTheWay } from './places.ts';
import { type FoundUnit, findUnit, readUnitFile, systemPath, unitOfFile, userPath } from './units.ts';

interface TimerRequest {
  readonly config: Config;
  readonly taken: ReadonlySet<string>;
  /** The user whose service manager it is; without it that of the system. */
  readonly user: string | undefined;
}

/** The jobs of a timer, or why there can be none. */
export function importTimer(written: string, request: TimerRequest): Outcome | string {
  const { config, taken, user } = request;
  const manager = managerOf(user);
  if (typeof manager === 'string') return manager;
  const name = path.basename(written);
  const unitName = /\.\w+$/.test(name) ? name : `${name}.timer`;
  if (!unitName.endsWith('.timer'))
    return 'name its timer: a service without one becomes "service: true", or a job for a schedule';
  if (partsOf(unitName).instance === '') return 'it is a template: name an instance, such as backup@home.timer';
  const directories = manager.isSystem ? systemPath : userPath(manager.home);
  const file = written.includes('/') ? path.resolve(written) : undefined;
  const found = file === undefined ? findUnit(unitName, directories) : unitOfFile(file, directories);
  if (typeof found === 'string') return found;
  const unit: UnitName = { name: unitName, manager, hostName: os.hostname() };
  const timer = readAll(found);
  const draft = timerDraft(timer.assignments, unit, (zone) => findZone(zone) !== undefined);
  if (!draft.service.endsWith('.service')) return `it starts ${draft.service}, which is no service`;
  const beside = file === undefined ? directories : [path.dirname(file), ...directories];
  const started = findUnit(draft.service, beside);
  if (typeof started === 'string') return `${draft.service}: ${started}`;
  const service = readAll(started);
  const order = {
    unit: { ...unit, name: draft.service },
    serviceUser: config.serviceUser.name,
    readEnvironment: readerFor([...found.texts, ...started.texts], manager),
  };
  const made = serviceDraft(service.assignments, order);
  const title = found.texts[0]?.file ?? unitName;
  const times = { nowMs: clock.nowMs(), zones: hostZones() };
  const converted = timerJobs(draft, made, {
    ...{ unitName, taken, ...times },
    origin: originOf([...found.texts, ...started.texts].map((text) => text.file)),
  });
  const problems: UnitProblem[] = [...timer.problems, ...service.problems, ...draft.problems, ...made.problems];
  const jobs: ImportedJob[] = [];
  const proved: GuardedJob[] = [];
  for (const { slug, text, checks, guard, isPlan, isSame } of made.problems.length > 0 ? [] : converted.jobs) {
    const loaded = loadedJob(slug, text, config);
    if (typeof loaded === 'string') problems.push({ file: title, line: 1, message: loaded });
    else {
      if (isPlan) proved.push({ job: loaded, guard });
      jobs.push({ slug, text, checks, line: 1, isSame });
    }
  }
  const isWhole = jobs.length === converted.jobs.length;
  if (isWhole && timerDifference(draft.calendars, proved, times) !== converted.differsMs) {
    problems.push({ file: title, line: 1, message: 'the timer and the job differ: default_job_config?' });
    jobs.length = 0;
  }
  const { serviceUser, searchPath, jobDefaults } = config;
  const tells = jobDefaults.failmail !== undefined || jobDefaults.notify !== undefined;
  return {
    ...{ title, jobs, problems, left: [], giver: 'systemd' },
    isPrivate: found.isPrivate || started.isPrivate || made.isPrivate,
    environment: unitRows({
      ...{ user: made.user, home: users.find(made.user)?.home, directory: made.directory, variables: made.variables },
      hasUser: made.hasUser || !manager.isSystem,
      job: { user: serviceUser.name, home: serviceUser.home, searchPath, locale: hostLocale().variables.LANG, tells },
    }),
    removal: { is: 'commands', commands: [disableCommand(unitName, user)] },
  };
}

/**
 * Reads files of variables. Root reads those that a user's units name only if that user may: what is
 * in them goes to the job file.
 */
function readerFor(units: readonly UnitText[], manager: UnitName['manager']): ReadEnvironment {
  const owners = units.map(({ file }) => ownerOnTheWay(file)).filter((uid) => uid !== undefined);
  const owner = manager.isSystem ? owners[0] : manager.uid;
  return (file) => {
    const read = readUnitFile(file);
    if (typeof read !== 'object' || !read.isPrivate || owner === undefined || !isRoot()) return read;
    return owners.concat(owner).every((uid) => uid === read.uid)
      ? read
      : `uid ${owner}, who owns the units, may not read it`;
  };
}

/** The files; those beside the first have no directory. */
function originOf([first = '', ...more]: readonly string[]): string {
  const directory = path.dirname(first);
  const names = more.map((file) => (path.dirname(file) === directory ? path.basename(file) : file));
  return [first, ...names].join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

function managerOf(user: string | undefined): UnitName['manager'] | string {
  if (user === undefined) return { name: 'root', uid: 0, home: '/root', isSystem: true };
  const found = users.find(user);
  if (found === undefined) return `this host has no user ${user}`;
  return { name: found.name, uid: found.uid, home: found.home, isSystem: false };
}

function readAll({ texts }: FoundUnit): ReturnType<typeof readUnit> {
  const read = texts.map(readUnit);
  return {
    assignments: read.flatMap(({ assignments }) => assignments),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** The job, or its problems; what is printed is loaded as a job file is. */
function loadedJob(slug: string, text: string, config: Config): Scheduled | string {
  const checks = { checkSchedule: scheduleChecker(), checkZone };
  const loaded = validateJobText({ file: slug, bytes: Buffer.from(text) }, config.jobDefaults, checks);
  if (loaded.ok) return loaded.value;
  return loaded.problems.flatMap(({ severity, message }) => (severity === 'error' ? [message] : [])).join('; ');
}
