/** cron-generate --target systemd: prints or writes timers that start what the lines of the crontab start. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { throughSudo } from '../../config/sources.ts';
import { compareFiles } from '../../crontab/comparison.ts';
import type { Crontab } from '../../crontab/crontab.ts';
import { dueMinutes } from '../../crontab/due-minutes.ts';
import { lookAtPresent } from '../../crontab/files.ts';
import { crontabFrame } from '../../crontab/frame.ts';
import { calendarEvents } from '../../fleet/export/systemd/calendar.ts';
import {
  isOwnUnit,
  isUnitName,
  type TimedJob,
  type UnitFile,
  unitFiles,
  unitLinks,
} from '../../fleet/export/systemd/units.ts';
import { entriesIn } from '../../report/clock/installed.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { type Expression, expressionOf } from '../../schedule/expression.ts';
import { publisher } from '../../system/cron/publish.ts';
import { makeLinks, missingLinks } from '../../system/cron/unit-links.ts';
import { files } from '../../system/file/files.ts';
import { findZone, hostZone } from '../../system/time/zones.ts';
import { caller } from '../../system/user/caller.ts';
import { defined } from '../../text/defined.ts';
import type { Problem } from '../../text/problem.ts';
import { utc, type Zone } from '../../zone/zone.ts';
import { loadSetting } from '../frame/setting.ts';
import { minutesTerm } from './generate.ts';
import { type Ending, exitCodeOf, hasErrors, nothingWritten, printEnding, refusedBy } from './generate-ending.ts';
import { loadAllJobs } from './known-jobs.ts';

interface Request {
  /** The directory of the units; absent: they are printed. */
  readonly directory?: string;
  readonly check: boolean;
  readonly detailedExitcode: boolean;
  readonly json: boolean;
  readonly config?: string;
}

const systemDirectory = '/etc/systemd/system';
const limitBytes = 4 * 1024 * 1024;
/** The unit beside which the others are written, and whose lock a generator takes. */
const mainUnit = 'process-control.target';
const patienceSeconds = 60;

export function exportSystemd(request: Request): number {
  return printEnding(endingOf(request), request);
}

function endingOf(request: Request): Ending {
  const directory = request.directory === undefined ? undefined : path.resolve(request.directory);
  if (directory !== undefined && directory !== systemDirectory && throughSudo(caller))
    return nothingWritten(exitCodes.notPermitted, [], `through sudo units are written only to ${systemDirectory}`);
  const setting = loadSetting(request.config);
  if (!setting.ok) return nothingWritten(exitCodes.configuration, setting.problems);
  if (setting.value.embedded)
    return nothingWritten(
      exitCodes.configuration,
      setting.warnings,
      'these jobs are your own: timers of the system are for those of a service user',
    );
  const { value: config, warnings } = setting;
  if (directory === undefined) return withUnits(config, warnings, printed);
  const write = () => withUnits(config, warnings, (made) => written({ ...made, directory }, config, request));
  return request.check ? write() : inTurn(directory, write);
}

function withUnits(config: Config, warnings: readonly Problem[], use: (made: MadeUnits) => Ending): Ending {
  const made = unitsOf(config);
  const problems = [...warnings, ...made.problems];
  return made.units === undefined
    ? nothingWritten(exitCodes.configuration, problems)
    : use({ units: made.units, problems });
}

/** Has the jobs loaded inside of the turn, so that of two generators the later one sees the later files. */
function inTurn(directory: string, write: () => Ending): Ending {
  const turn = publisher.turn(path.join(directory, mainUnit), patienceSeconds);
  if ('reason' in turn) return refusedBy(turn, []);
  try {
    return write();
  } finally {
    turn.end();
  }
}

interface MadeUnits {
  readonly units: readonly UnitFile[];
  readonly problems: readonly Problem[];
}

function unitsOf(config: Config): MadeUnits | { readonly units?: undefined; readonly problems: readonly Problem[] } {
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return { problems: frame.problems };
  const { jobs } = loadAllJobs(config);
  if (jobs.is === 'unlisted') return { problems: [jobs.problem] };
  const there = lookAtPresent(files, config.outputCrontab, caller.euid);
  const { crontab } = compareFiles(
    { ...frame.value, jobs: jobs.jobs, broken: jobs.broken, dueMinutes: minutesTerm },
    there,
  );
  const common = new Set([...entriesIn(crontab.text(), 'system')].map(({ is }) => is));
  const { user, runner, config: named } = frame.value;
  const units = unitFiles({
    jobs: timedJobs(crontab),
    ensure: common.has('ensure'),
    catchUp: common.has('catch-up'),
    directory: config.jobDirectory,
    searchPath: config.searchPath,
    ...{ user, runner },
    ...defined({ config: named }),
  });
  return { units, problems: [...jobs.problems, ...crontab.problems] };
}

/** The jobs that have a line, also the last good one of a job whose file is broken. */
function timedJobs({ jobs }: Crontab): readonly TimedJob[] {
  const host = hostZone();
  return jobs.flatMap(({ slug, state, schedule, timeZone }): readonly TimedJob[] => {
    const expression = schedule === undefined ? undefined : expressionOf(schedule);
    if ((state !== 'scheduled' && state !== 'kept') || expression === undefined) return [];
    if (expression.atBoot) return [{ slug, events: 'boot' }];
    const job = timeZone === undefined ? host : (findZone(timeZone) ?? host);
    return [{ slug, events: calendarEvents(expression, { job, host, dueMinutes: minutesOfUtc }) }];
  });
}

function minutesOfUtc(expression: Expression, job: Zone): string {
  return dueMinutes(expression, { job, host: utc });
}

function printed({ units, problems }: MadeUnits): Ending {
  const text = units.map((unit) => `# ${systemDirectory}/${unit.name}\n${unit.text}`).join('\n');
  return {
    exitCode: hasErrors(problems) ? 1 : 0,
    changed: false,
    comment: 'printed',
    worthSaying: false,
    jobs: [],
    problems,
    views: [{ name: 'systemd', text, value: units }],
  };
}

interface Order extends MadeUnits {
  readonly directory: string;
}

function written({ units, problems, directory }: Order, { jobDirectory }: Config, request: Request): Ending {
  const there = presentUnits(directory);
  const foreign = [...there].find(([, text]) => text === undefined || !isOwnUnit(text, jobDirectory));
  if (foreign !== undefined)
    return nothingWritten(
      exitCodes.configuration,
      problems,
      `${directory}/${foreign[0]} was not written for the jobs of ${jobDirectory}; look at it, and remove it first`,
    );
  const wanted = new Set(units.map(({ name }) => name));
  const writes = units.filter(({ name, text }) => there.get(name) !== text);
  const removals = [...there.keys()].filter((name) => !wanted.has(name));
  const links = missingLinks(directory, unitLinks);
  const changed = writes.length + removals.length + links.length > 0;
  const refusal =
    changed && !request.check
      ? (publisher.publish({ path: path.join(directory, mainUnit), writes, removals }) ?? makeLinks(directory, links))
      : undefined;
  if (refusal !== undefined) return refusedBy(refusal, problems);
  const verb = request.check ? 'would change' : 'changed';
  const stale = removals.filter((name) => name.endsWith('.timer'));
  return {
    exitCode: exitCodeOf(problems, { changed, matters: request.check || request.detailedExitcode }),
    changed,
    comment: changed
      ? `${directory} ${verb}: ${writes.length} units written, ${removals.length} removed`
      : `${directory} is up to date`,
    worthSaying: changed,
    ...(changed && !request.check && { hint: nextSteps(stale) }),
    jobs: [],
    problems,
    views: [],
  };
}

/** Our units in a directory with their texts; `undefined` for one that can't be read. */
function presentUnits(directory: string): ReadonlyMap<string, string | undefined> {
  const names = (files.list(directory) ?? []).filter(isUnitName).sort();
  return new Map(
    names.map((name) => {
      const read = files.readRegular(path.join(directory, name), { limitBytes });
      return [name, read.is === 'read' ? Buffer.from(read.bytes).toString('utf8') : undefined];
    }),
  );
}

function nextSteps(stale: readonly string[]): string {
  const stop = stale.length === 0 ? '' : `systemctl stop ${stale.join(' ')} && `;
  return `${stop}systemctl daemon-reload && systemctl restart process-control.target`;
}
