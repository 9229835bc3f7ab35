/**
 * `jobctl pause` and `jobctl resume`: a paused job is started neither by the clock nor by people.
 * Who paused it, why and until when is on record.
 */

import type { Config } from '../../config/config.ts';
import { pauseEnd } from '../../report/typed/until.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import {
  isOver,
  isWritten,
  type Pause,
  type PauseTarget,
  pauseDetails,
  pauseTerms,
  pauseWords,
  readPauses,
  removePause,
  resumeCommand,
  type WrittenPause,
  writePause,
} from '../../run/pause/pause.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { defined } from '../../text/defined.ts';
import { printable } from '../../text/printable.ts';
import { timeText } from '../../zone/wall-time.ts';
import { callerName } from '../frame/caller-name.ts';
import { print, say } from '../frame/output.ts';
import { refuse } from '../frame/refuse.ts';
import { findService } from '../report/service-snapshots.ts';
import { answersFor, notDone } from './frame/act.ts';
import { type Chosen, chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';
import { recordSteering } from './frame/record.ts';
import { holderOf, notPausedWords } from './frame/target.ts';
import { stop } from './stop.ts';

export async function pause(options: Options, config: Config): Promise<number> {
  const end = pauseEnd(options, { nowMs: clock.nowMs(), zone: hostZone() });
  if (!end.ok) return refuse('jobctl', end.words);
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const { slugs, services } = pausable(chosen, config);
  for (const slug of services) say('jobctl', `${slug} ${notPausedWords(slug)}`);
  if (slugs.length === 0) return exitCodes.usage;
  const files = stateFiles(config.stateDirectory);
  const { untilMs } = end;
  const record: WrittenPause = {
    ...{ target: targetOf(options), atMs: clock.nowMs(), by: callerName() },
    ...defined({ untilMs, reason: options.reason }),
  };
  const replaced = pauseOn(record.target, files);
  const written = writePause(files, record);
  if (!written.ok) return failed(written.reason);
  recordSteering(slugs, { action: 'pause', ...defined({ untilMs }) }, options, config);
  tellPaused(record, replaced, options);
  if (options.json) print(`${JSON.stringify({ jobs: slugs, paused: record, ...(replaced && { replaced }) })}\n`);
  const { name: _name, tag: _tag, ...rest } = options;
  const stopped = options.kill ? await stop({ ...rest, names: slugs }, config) : 0;
  return services.length > 0 ? Math.max(exitCodes.usage, stopped) : stopped;
}

function tellPaused(record: WrittenPause, replaced: Pause | undefined, options: Options): void {
  const format = timeText(hostZone());
  const name = nameOf(record.target);
  const answers = answersFor(options);
  answers.print(`${name} paused ${printable(pauseTerms(record, format))}\n`);
  if (replaced !== undefined)
    answers.print(`${name} this replaces another pause: ${printable(replacedWords(replaced, format))}\n`);
}

function replacedWords(pause: Pause, format: (ms: number) => string): string {
  return isWritten(pause) ? `paused ${pauseTerms(pause, format)}` : pauseDetails(pause, format);
}

/** The pause on record for this very target, while it lasts. */
function pauseOn(target: PauseTarget, files: StateFiles): Pause | undefined {
  const found = readPauses(files).find((one) => JSON.stringify(one.target) === JSON.stringify(target));
  return found === undefined || isOver(found, clock.nowMs()) ? undefined : found;
}

/** Services are stopped, and never paused, whatever became of their files. */
function pausable({ jobs, slugs }: Extract<Chosen, { ok: true }>, config: Config) {
  const services = slugs.filter((slug) => {
    const service = findService(slug, jobs.load(slug), holderOf(slug, config), config);
    return service !== undefined && service.file !== 'job';
  });
  return { services, slugs: slugs.filter((slug) => !services.includes(slug)) };
}

export function resume(options: Options, config: Config): number {
  const files = stateFiles(config.stateDirectory);
  const target = targetOf(options);
  const found = readPauses(files).find((one) => JSON.stringify(one.target) === JSON.stringify(target));
  // A pause is resumed also when its job, or the last job of its tag, is gone.
  const chosen = chooseJobs(options, config, found === undefined ? 'refuse' : 'quiet');
  if (!chosen.ok && found === undefined) return chosen.exitCode;
  const nowMs = clock.nowMs();
  const wasPaused = found !== undefined && !isOver(found, nowMs);
  const isOverNow = found !== undefined && !wasPaused;
  // The pause stays on record with its end, so that the ticks of the time until now don't count as
  // missed.
  const kept = wasPaused && isWritten(found) ? writePause(files, { ...found, untilMs: nowMs }).ok : isOverNow;
  const removed = kept ? { ok: true as const } : removePause(files, target);
  if (!removed.ok) return failed(removed.reason);
  const { slugs, services } = chosen.ok ? pausable(chosen, config) : { slugs: [], services: [] };
  if (!wasPaused && slugs.length === 0 && services.length > 0) {
    for (const slug of services) say('jobctl', `${slug} ${notPausedWords(slug)}`);
    return exitCodes.usage;
  }
  if (wasPaused) recordSteering(slugs, { action: 'resume' }, options, config);
  const held = slugs.flatMap((slug) => stillPaused(slug, config));
  tellResumed({ target, wasPaused, held }, options);
  if (options.json) {
    const [first] = held;
    print(`${JSON.stringify({ jobs: slugs, target, wasPaused, ...(first && { stillPaused: first.pause }) })}\n`);
  }
  return held.length > 0 ? stillPausedCode : 0;
}

/** The exit code when another pause still holds the job: the operator would wait for it in vain. */
const stillPausedCode = 1;

interface Held {
  readonly slug: string;
  readonly pause: Pause;
}

function tellResumed(
  {
    target,
    wasPaused,
    held,
  }: { readonly target: PauseTarget; readonly wasPaused: boolean; readonly held: readonly Held[] },
  options: Options,
): void {
  const answers = answersFor(options);
  if (wasPaused) answers.print(`${nameOf(target)} resumed\n`);
  else if (held.length === 0) answers.print(`${nameOf(target)} was not paused\n`);
  for (const { slug, pause } of held)
    answers.say(`${slug} is still ${pauseWords(pause, timeText(hostZone()))}; to end that: ${resumeCommand(pause)}`);
}

/**
 * The pause that still holds a job after a resume: another one, by its name or by one of its tags.
 */
function stillPaused(slug: string, config: Config): readonly Held[] {
  const chosen = chooseJobs({ _: [], name: slug }, config, 'quiet');
  const job = chosen.ok ? chosen.jobs.snapshot(slug) : undefined;
  return job !== undefined && 'paused' in job && job.paused !== undefined ? [{ slug, pause: job.paused }] : [];
}

function targetOf({ name, tag }: Options): PauseTarget {
  return tag === undefined ? { job: name ?? '' } : { tag };
}

function nameOf(target: PauseTarget): string {
  return printable('job' in target ? target.job : `tag ${target.tag}:`);
}

function failed(reason: string): number {
  return refuse('jobctl', `the pause could not be recorded: ${reason}`, notDone);
}
