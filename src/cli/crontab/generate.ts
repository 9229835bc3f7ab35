/**
 * cron-generate from the configuration to its end: composes the crontab, compares it with the
 * present one, and writes it.
 */

import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { throughSudo } from '../../config/sources.ts';
import { compareFiles, wordsOf } from '../../crontab/comparison.ts';
import { type Crontab, type CrontabFrame, type CrontabOrder, composeCrontab } from '../../crontab/crontab.ts';
import { dueMinutes } from '../../crontab/due-minutes.ts';
import { lookAtPresent, type PresentFiles } from '../../crontab/files.ts';
import { crontabFrame, outputProblem } from '../../crontab/frame.ts';
import { nothingPresent, type PresentCrontab, readOwnCrontab } from '../../crontab/present.ts';
import { timingsAfter, timingsBefore } from '../../crontab/report.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { expressionOf } from '../../schedule/expression.ts';
import type { LineTimings } from '../../schedule/plan/plan.ts';
import { publisher } from '../../system/cron/publish.ts';
import { userCrontab } from '../../system/cron/user-crontab.ts';
import { files } from '../../system/file/files.ts';
import { findZone, hostZone } from '../../system/time/zones.ts';
import type { CrontabChange } from '../../system/types/cron.ts';
import { caller } from '../../system/user/caller.ts';
import { defined } from '../../text/defined.ts';
import type { Problem } from '../../text/problem.ts';
import { loadSetting } from '../frame/setting.ts';
import { cronZoneWarning } from './cron-zone.ts';
import { type Ending, exitCodeOf, hasErrors, nothingWritten, refusedBy, type View } from './generate-ending.ts';
import { carryOut, type Installation, planInstallation } from './install.ts';
import { loadAllJobs } from './known-jobs.ts';
import { refusalOfCron } from './refusal-of-cron.ts';

export interface GenerateOptions {
  readonly check: boolean;
  readonly diff: boolean;
  readonly plan: boolean;
  readonly detailedExitcode: boolean;
  readonly json: boolean;
  readonly adopt: boolean;
  /** To change the user's own crontab: put our lines into it, or take them out. */
  readonly install?: 'in' | 'out';
  /** `-` is standard output; absent: as the configuration says. */
  readonly output?: string;
  readonly config?: string;
}

/** The present crontab and the one that should take its place. */
export interface Comparison {
  readonly there: PresentFiles;
  readonly change: CrontabChange;
  before(): LineTimings;
  after(): LineTimings;
}

/** The makers of the views for --diff and --plan; `patch` is about the user's own crontab. */
export interface Shows {
  views(comparison: Comparison, options: GenerateOptions): readonly View[];
  patch(installation: Installation, options: GenerateOptions): View;
}

interface Scene {
  readonly options: GenerateOptions;
  readonly config: Config;
  readonly frame: CrontabFrame;
  /** About the configuration. */
  readonly warnings: readonly Problem[];
  readonly shows?: Shows;
}

const cronDirectory = '/etc/cron.d';

/** Another generator is at work for a second; one that takes longer than this hangs. */
const patienceSeconds = 60;

/** Generates the crontab. Without `shows` there are no views. */
export function generate(options: GenerateOptions, shows?: Shows): Ending {
  const setting = loadSetting(options.config);
  if (!setting.ok) return nothingWritten(exitCodes.configuration, setting.problems);
  const frame = crontabFrame(setting.value, caller.environment);
  if (!frame.ok) return nothingWritten(exitCodes.configuration, frame.problems);
  const warnings = [...setting.warnings, ...cronWarnings(options, setting.value)];
  const scene: Scene = {
    ...{ options, config: setting.value, frame: frame.value, warnings },
    ...defined({ shows }),
  };
  if (options.install !== undefined && !setting.value.embedded)
    return nothingWritten(exitCodes.usage, [], notOwn(setting.value));
  if (options.install === 'out') return changeOwnCrontab(scene, undefined, { problems: scene.warnings, jobs: [] });
  const target = options.output ?? setting.value.outputCrontab;
  if (target === '-' || target === 'console') return printCrontab(scene);
  const file = path.resolve(target);
  // As root it could show any file (--diff --adopt) and replace it.
  if (throughSudo(caller) && file !== setting.value.outputCrontab)
    return nothingWritten(exitCodes.notPermitted, [], onlyConfigured(file));
  const wrong = outputProblem(file);
  if (wrong !== undefined)
    return nothingWritten(exitCodes.configuration, [{ severity: 'error', file, message: wrong }]);
  return onlyLooks(options) ? look(scene, file) : writeInTurn(scene, file);
}

function onlyConfigured(file: string): string {
  return `${file}: through sudo only output_crontab is written; --output - prints what would stand there`;
}

/** About the cron that will read the crontab. */
function cronWarnings({ output }: GenerateOptions, { outputCrontab, embedded }: Config): readonly Problem[] {
  const file = path.resolve(output ?? outputCrontab);
  const message = embedded || path.dirname(file) === cronDirectory ? cronZoneWarning() : undefined;
  return message === undefined ? [] : [{ severity: 'warning', file, message }];
}

function onlyLooks({ check, diff, plan }: GenerateOptions): boolean {
  return check || diff || plan;
}

/** Prints the crontab as one text, however long it is. */
function printCrontab(scene: Scene): Ending {
  if (onlyLooks(scene.options))
    return nothingWritten(exitCodes.configuration, [], 'output_crontab is console: there is no file to compare with');
  const made = compose(scene, nothingPresent);
  if ('ending' in made) return made.ending;
  const { crontab, problems } = made;
  const views: View[] = [{ name: 'crontab', text: crontab.text() }];
  const exitCode = hasErrors(problems) ? 1 : 0;
  const { jobs } = crontab;
  return { exitCode, changed: false, comment: 'printed', worthSaying: false, jobs, problems, views };
}

function look(scene: Scene, file: string): Ending {
  const found = compare(scene, file);
  if ('ending' in found) return found.ending;
  const ending = endingOf(found, scene.options);
  const views = scene.shows?.views({ ...found, ...installedTimings(scene) }, scene.options) ?? [];
  if (scene.options.install === 'in')
    return changeOwnCrontab(scene, found.crontab.text(), { problems: found.problems, jobs: found.crontab.jobs });
  return withInstalled(found, scene, { ...ending, views });
}

/**
 * The timings that cron has now. For a process-control of a user's own those are the lines that
 * crontab(1) lists, not those of the file beside them.
 */
function installedTimings({ config }: Scene): Partial<Pick<Found, 'before'>> {
  const own = config.embedded ? userCrontab.read() : undefined;
  if (own === undefined || own.is === 'refused') return {};
  return { before: () => timingsBefore(readOwnCrontab(own.is === 'none' ? '' : own.text)) };
}

/**
 * Loads the jobs inside of the turn, so that of two generators the later one also sees the later
 * files.
 */
function writeInTurn(scene: Scene, file: string): Ending {
  const turn = publisher.turn(file, patienceSeconds);
  if ('reason' in turn) return refusedBy(turn, []);
  try {
    return write(scene, file);
  } finally {
    turn.end();
  }
}

function write(scene: Scene, file: string): Ending {
  const found = compare(scene, file);
  if ('ending' in found) return found.ending;
  const refusal = found.changed ? publisher.publish(found.change) : undefined;
  if (refusal !== undefined) return refusedBy(refusal, found.problems);
  found.keep();
  if (scene.options.install === 'in')
    return changeOwnCrontab(scene, found.crontab.text(), { problems: found.problems, jobs: found.crontab.jobs });
  return withInstalled(found, scene, endingOf(found, scene.options));
}

interface Found extends Comparison {
  readonly file: string;
  readonly changed: boolean;
  readonly crontab: Crontab;
  readonly problems: readonly Problem[];
  /** The changes in words. */
  readonly words: () => string;
  /** Keeps for the next time what was learned about the job files. */
  readonly keep: () => void;
}

/** An ending: nothing may be written. */
function compare(scene: Scene, file: string): Found | { readonly ending: Ending } {
  const { config, frame, warnings, options } = scene;
  const there = lookAtPresent(files, file, caller.euid);
  const loaded = loadedJobs(config, warnings);
  if (loaded.ending !== undefined) return loaded;
  const { jobs, broken, keep } = loaded;
  const compared = compareFiles({ ...frame, jobs, broken, dueMinutes: minutesTerm }, there, { adopt: options.adopt });
  const { crontab, present, answer } = compared;
  const problems = [...warnings, ...loaded.problems, ...crontab.problems];
  if (isAborted(config, problems)) return { ending: aborted(problems) };
  const { change } = answer;
  const refused =
    change === undefined
      ? answer.refused.map((words) => `${path.dirname(file)}/${words}`).join('; ')
      : refusalOfCron(change);
  if (refused !== undefined || change === undefined)
    return { ending: nothingWritten(exitCodes.configuration, problems, refused) };
  const changed = change.writes.length + change.removals.length > 0;
  return {
    file,
    there,
    change,
    changed,
    crontab,
    problems,
    keep,
    before: () => timingsBefore(present),
    after: () => timingsAfter(crontab),
    words: () => wordsOf(compared),
  };
}

type Made = Pick<Found, 'crontab' | 'problems' | 'keep'> | { readonly ending: Ending };

function compose({ config, frame, warnings }: Scene, present: PresentCrontab): Made {
  const loaded = loadedJobs(config, warnings);
  if (loaded.ending !== undefined) return loaded;
  const { jobs, broken, keep } = loaded;
  const crontab = composeCrontab({ ...frame, jobs, broken, present, dueMinutes: minutesTerm });
  const problems = [...warnings, ...loaded.problems, ...crontab.problems];
  return isAborted(config, problems) ? { ending: aborted(problems) } : { crontab, problems, keep };
}

type LoadedJobs =
  | (Pick<CrontabOrder, 'jobs' | 'broken'> & Pick<Found, 'problems' | 'keep'> & { readonly ending?: never })
  | { readonly ending: Ending };

function loadedJobs(config: Config, warnings: readonly Problem[]): LoadedJobs {
  const { jobs, keep } = loadAllJobs(config);
  if (jobs.is === 'unlisted') return { ending: nothingWritten(exitCodes.configuration, [...warnings, jobs.problem]) };
  return { ...jobs, keep };
}

function isAborted({ onInvalidJob }: Config, problems: readonly Problem[]): boolean {
  return onInvalidJob === 'abort' && hasErrors(problems);
}

function aborted(problems: readonly Problem[]): Ending {
  return nothingWritten(1, problems, 'nothing was written, because on_invalid_job is abort');
}

/** The minutes at which cron must ask about a schedule of another zone, as a cron term. */
export function minutesTerm(schedule: string, timeZone: string): string {
  const expression = expressionOf(schedule);
  const zone = findZone(timeZone);
  return expression !== undefined && zone !== undefined ? dueMinutes(expression, { job: zone, host: hostZone() }) : '*';
}

function endingOf({ file, changed, crontab, problems, words }: Found, options: GenerateOptions): Ending {
  const verb = onlyLooks(options) ? 'would change' : 'changed';
  const comment = changed ? `${file} ${verb}: ${words()}` : `${file} is up to date`;
  const exitCode = exitCodeOf(problems, { changed, matters: options.check || options.detailedExitcode });
  return { exitCode, changed, comment, worthSaying: changed, jobs: crontab.jobs, problems, views: [] };
}

/** Adds a hint while the user's own crontab lacks these lines, since cron reads nothing else. */
function withInstalled({ crontab }: Found, { config, options }: Scene, ending: Ending): Ending {
  if (!config.embedded || ending.exitCode > 2) return ending;
  const plan = planInstallation(crontab.text(), config.runnerPath);
  if ('reason' in plan) return { ...ending, hint: `can't tell whether your crontab has these lines: ${plan.reason}` };
  if (plan.before === plan.after) return ending;
  const matters = options.check || options.detailedExitcode;
  const exitCode = onlyLooks(options) ? exitCodeOf(ending.problems, { changed: true, matters }) : ending.exitCode;
  const changed = ending.changed || onlyLooks(options);
  return {
    ...ending,
    exitCode,
    changed,
    hint: 'your crontab (crontab -l) differs; to change it: cron-generate --install',
  };
}

function notOwn({ outputCrontab }: Config): string {
  return `--install and --uninstall are for a process-control of your own; here cron reads ${outputCrontab}`;
}

/**
 * Shows what changes in the user's own crontab, and changes it unless only the view was asked for.
 * `text` is the crontab with users; if it is absent, our lines are removed.
 */
function changeOwnCrontab(
  { config, options, shows }: Scene,
  text: string | undefined,
  { problems, jobs }: { readonly problems: readonly Problem[]; readonly jobs?: Ending['jobs'] },
): Ending {
  const plan = planInstallation(text, config.runnerPath);
  if ('reason' in plan) return refusedBy(plan, problems);
  const changed = plan.before !== plan.after;
  const refusal = changed && !onlyLooks(options) ? carryOut(plan) : undefined;
  if (refusal !== undefined) return refusedBy(refusal, problems);
  const all = [...problems, ...plan.warnings];
  const verb = onlyLooks(options) ? 'would change' : 'changed';
  const has = text === undefined ? 'has no lines of cron-generate' : 'is up to date';
  return {
    exitCode: exitCodeOf(all, { changed, matters: options.check || options.detailedExitcode }),
    changed,
    comment: `your crontab ${changed ? verb : has}`,
    worthSaying: true,
    jobs: jobs ?? [],
    problems: all,
    views: changed && shows !== undefined ? [shows.patch(plan, options)] : [],
  };
}
