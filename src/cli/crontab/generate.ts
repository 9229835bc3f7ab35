/** cron-generate from the configuration to its end: what should be there, what is there, and what has to be done about it. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { throughSudo } from '../../config/sources.ts';
import { type Crontab, type CrontabFrame, composeCrontab } from '../../crontab/crontab.ts';
import { dueMinutes } from '../../crontab/due-minutes.ts';
import { decideChange, lookAtPresent, type PresentFiles, presentCrontab } from '../../crontab/files.ts';
import { crontabFrame, outputProblem } from '../../crontab/frame.ts';
import { nothingPresent, type PresentCrontab, readOwnCrontab } from '../../crontab/last-good.ts';
import { changesText, compareLines, timingsAfter, timingsBefore } from '../../crontab/report.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { parseExpression } from '../../schedule/expression.ts';
import type { Timings } from '../../schedule/plan/plan.ts';
import { publisher } from '../../system/cron/publish.ts';
import { userCrontab } from '../../system/cron/user-crontab.ts';
import { files } from '../../system/file/files.ts';
import { findZone, hostZone } from '../../system/time/zones.ts';
import type { CrontabChange } from '../../system/types/cron.ts';
import { caller } from '../../system/user/caller.ts';
import type { Problem } from '../../text/problem.ts';
import { loadSetting } from '../frame/setting.ts';
import { cronZoneWarning } from './cron-zone.ts';
import { type Ending, exitCodeOf, hasErrors, nothingWritten, refusedBy, type View } from './generate-ending.ts';
import { carryOut, type Installation, planInstallation } from './install.ts';
import { loadAllJobs } from './known-jobs.ts';
import { objectionTo } from './objection.ts';

export interface Wish {
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

/** What is there and what should be. */
export interface Comparison {
  readonly there: PresentFiles;
  readonly change: CrontabChange;
  before(): Timings;
  after(): Timings;
}

/** What --diff and --plan show; `patch` is of the user's own crontab. */
export interface Shows {
  views(comparison: Comparison, wish: Wish): readonly View[];
  patch(installation: Installation, wish: Wish): View;
}

interface Scene {
  readonly wish: Wish;
  readonly config: Config;
  readonly frame: CrontabFrame;
  /** About the configuration. */
  readonly doubts: readonly Problem[];
  readonly shows?: Shows;
}

const cronDirectory = '/etc/cron.d';

/** Another generator is at work for a second; one that takes longer than this hangs. */
const patienceSeconds = 60;

/** Without `shows` nothing can be shown. */
export function generate(wish: Wish, shows?: Shows): Ending {
  const setting = loadSetting(wish.config);
  if (!setting.ok) return nothingWritten(exitCodes.configuration, setting.problems);
  const frame = crontabFrame(setting.value, caller.environment);
  if (!frame.ok) return nothingWritten(exitCodes.configuration, frame.problems);
  const doubts = [...setting.warnings, ...doubtsOfCron(wish, setting.value)];
  const scene: Scene = {
    ...{ wish, config: setting.value, frame: frame.value, doubts },
    ...(shows !== undefined && { shows }),
  };
  if (wish.install !== undefined && !setting.value.embedded)
    return nothingWritten(exitCodes.usage, [], notOwn(setting.value));
  if (wish.install === 'out') return changeOwnCrontab(scene, undefined, { problems: scene.doubts, jobs: [] });
  const target = wish.output ?? setting.value.outputCrontab;
  if (target === '-' || target === 'console') return printCrontab(scene);
  const file = path.resolve(target);
  // As root it could show any file (--diff --adopt) and replace it.
  if (throughSudo(caller) && file !== setting.value.outputCrontab)
    return nothingWritten(exitCodes.notPermitted, [], onlyConfigured(file));
  const wrong = outputProblem(file);
  if (wrong !== undefined)
    return nothingWritten(exitCodes.configuration, [{ severity: 'error', file, message: wrong }]);
  return onlyLooks(wish) ? look(scene, file) : writeInTurn(scene, file);
}

function onlyConfigured(file: string): string {
  return `${file}: through sudo only output_crontab is written; --output - prints what would stand there`;
}

/** About the cron that will read the crontab. */
function doubtsOfCron({ output }: Wish, { outputCrontab, embedded }: Config): readonly Problem[] {
  const file = path.resolve(output ?? outputCrontab);
  const message = embedded || path.dirname(file) === cronDirectory ? cronZoneWarning() : undefined;
  return message === undefined ? [] : [{ severity: 'warning', file, message }];
}

function onlyLooks({ check, diff, plan }: Wish): boolean {
  return check || diff || plan;
}

/** On standard output the crontab is one text, however long. */
function printCrontab(scene: Scene): Ending {
  if (onlyLooks(scene.wish))
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
  const ending = endingOf(found, scene.wish);
  const views = scene.shows?.views({ ...found, ...installedTimings(scene) }, scene.wish) ?? [];
  if (scene.wish.install === 'in')
    return changeOwnCrontab(scene, found.crontab.text(), { problems: found.problems, jobs: found.crontab.jobs });
  return withInstalled(found, scene, { ...ending, views });
}

/** A plan is about what cron does: of a process-control of one's own it knows the lines that crontab(1) lists, not those of the file beside them. */
function installedTimings({ config }: Scene): Partial<Pick<Found, 'before'>> {
  const own = config.embedded ? userCrontab.read() : undefined;
  if (own === undefined || own.is === 'refused') return {};
  return { before: () => timingsBefore(readOwnCrontab(own.is === 'none' ? '' : own.text)) };
}

/** The jobs are loaded in our turn, so that of two generators the later one also has the later view. */
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
  if (scene.wish.install === 'in')
    return changeOwnCrontab(scene, found.crontab.text(), { problems: found.problems, jobs: found.crontab.jobs });
  return withInstalled(found, scene, endingOf(found, scene.wish));
}

interface Found extends Comparison {
  readonly file: string;
  readonly changed: boolean;
  readonly crontab: Crontab;
  readonly problems: readonly Problem[];
  /** Keeps for the next time what was learned about the job files. */
  readonly keep: () => void;
}

/** An ending: nothing may be written. */
function compare(scene: Scene, file: string): Found | { readonly ending: Ending } {
  const there = lookAtPresent(files, file, caller.euid);
  const present = presentCrontab(there);
  const made = compose(scene, present);
  if ('ending' in made) return made;
  const { crontab, problems, keep } = made;
  const answer = decideChange(there, crontab.files(path.basename(file)), {
    owner: present.owner,
    adopt: scene.wish.adopt,
  });
  const { change } = answer;
  const refused =
    change === undefined
      ? answer.refused.map((words) => `${path.dirname(file)}/${words}`).join('; ')
      : objectionTo(change);
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
  };
}

type Made = Pick<Found, 'crontab' | 'problems' | 'keep'> | { readonly ending: Ending };

function compose({ config, frame, doubts }: Scene, present: PresentCrontab): Made {
  const { jobs: loaded, keep } = loadAllJobs(config);
  if (loaded.is === 'unlisted') return { ending: nothingWritten(exitCodes.configuration, [...doubts, loaded.problem]) };
  const { jobs, broken } = loaded;
  const crontab = composeCrontab({ ...frame, jobs, broken, present, dueMinutes: minutesTerm });
  const problems = [...doubts, ...loaded.problems, ...crontab.problems];
  if (config.onInvalidJob === 'abort' && hasErrors(problems)) {
    return { ending: nothingWritten(1, problems, 'nothing was written, because on_invalid_job is abort') };
  }
  return { crontab, problems, keep };
}

/** The minutes at which cron must ask about a schedule of another zone, as a cron term. */
export function minutesTerm(schedule: string, timeZone: string): string {
  const answer = parseExpression(schedule);
  const zone = findZone(timeZone);
  return answer.ok && zone !== undefined ? dueMinutes(answer.expression, { job: zone, host: hostZone() }) : '*';
}

/** Of all parts. */
function textOf({ files: present }: PresentFiles): string {
  return [...present.values()].map((part) => (part.is === 'text' ? part.text : '')).join('');
}

function endingOf({ file, there, changed, crontab, problems, before, after }: Found, wish: Wish): Ending {
  const verb = onlyLooks(wish) ? 'would change' : 'changed';
  const comment = changed
    ? `${file} ${verb}: ${changesText(compareLines(before(), after()), textOf(there), crontab.text())}`
    : `${file} is up to date`;
  const exitCode = exitCodeOf(problems, { changed, matters: wish.check || wish.detailedExitcode });
  return { exitCode, changed, comment, worthSaying: changed, jobs: crontab.jobs, problems, views: [] };
}

/** cron knows a user's own jobs only when they are in the user's crontab: until they are, every answer says so. */
function withInstalled({ crontab }: Found, { config, wish }: Scene, ending: Ending): Ending {
  if (!config.embedded || ending.exitCode > 2) return ending;
  const plan = planInstallation(crontab.text(), config.runnerPath);
  if ('reason' in plan) return { ...ending, hint: `whether your crontab has these lines is not known: ${plan.reason}` };
  if (plan.before === plan.after) return ending;
  const matters = wish.check || wish.detailedExitcode;
  const exitCode = onlyLooks(wish) ? exitCodeOf(ending.problems, { changed: true, matters }) : ending.exitCode;
  const changed = ending.changed || onlyLooks(wish);
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

/** `text` is the crontab with users; absent: our lines are taken out. Shows what changes, also when it is only asked for. */
function changeOwnCrontab(
  { config, wish, shows }: Scene,
  text: string | undefined,
  { problems, jobs }: { readonly problems: readonly Problem[]; readonly jobs?: Ending['jobs'] },
): Ending {
  const plan = planInstallation(text, config.runnerPath);
  if ('reason' in plan) return refusedBy(plan, problems);
  const changed = plan.before !== plan.after;
  const refusal = changed && !onlyLooks(wish) ? carryOut(plan) : undefined;
  if (refusal !== undefined) return refusedBy(refusal, problems);
  const all = [...problems, ...plan.warnings];
  const verb = onlyLooks(wish) ? 'would change' : 'changed';
  const has = text === undefined ? 'has no line of ours' : 'is up to date';
  return {
    exitCode: exitCodeOf(all, { changed, matters: wish.check || wish.detailedExitcode }),
    changed,
    comment: `your crontab ${changed ? verb : has}`,
    worthSaying: true,
    jobs: jobs ?? [],
    problems: all,
    views: changed && shows !== undefined ? [shows.patch(plan, wish)] : [],
  };
}
