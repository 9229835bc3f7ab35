/** `jobctl resume`: ends a pause, and says if another one still holds the job. */

import type { Config } from '../../../config/config.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import {
  isOver,
  isWritten,
  type Pause,
  type PauseTarget,
  pauseWords,
  readPauses,
  removePause,
  resumeCommand,
  writePause,
} from '../../../run/pause/pause.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import type { WriteAnswer } from '../../../system/types/file.ts';
import type { StateFiles } from '../../../system/types/state.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { print, say } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { openJobs } from '../../report/snapshots.ts';
import { answersFor, notDone } from '../frame/answers.ts';
import { chooseJobsOfFleet } from '../frame/fleet-jobs.ts';
import { chooseJobs } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { recordSteering } from '../frame/record.ts';
import { notPausedWords } from '../frame/target.ts';
import { openPlaces, type Places } from './places.ts';
import { nameOf, pausable, targetOf } from './target.ts';

export async function resume(options: Options, config: Config): Promise<number> {
  const target = targetOf(options);
  const found = pauseHere(target, stateFiles(config.stateDirectory));
  // A pause is resumed also when its job, or the last job of its tag, is gone.
  const mayBeShared = config.fleet?.etcd !== undefined;
  const chosen = chooseJobs(options, config, found === undefined && !mayBeShared ? 'refuse' : 'quiet');
  if (!chosen.ok && found === undefined && !mayBeShared) return chosen.exitCode;
  const { slugs, services } = chosen.ok ? pausable(chosen, config) : { slugs: [], services: [] };
  const places = await placesOf(target, slugs, config);
  if (typeof places === 'number') return places;
  try {
    const isNowhere = !chosen.ok && found === undefined && places.fleet?.before === undefined;
    if (isNowhere) return refusalOf(options, config);
    return await resumeIn(places, { target, slugs, services, found }, options, config);
  } finally {
    places.fleet?.close();
  }
}

function refusalOf(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'refuse');
  return chosen.ok ? exitCodes.internal : chosen.exitCode;
}

interface Paused {
  readonly target: PauseTarget;
  readonly slugs: readonly string[];
  readonly services: readonly string[];
  /** The pause of this host. */
  readonly found: Pause | undefined;
}

async function resumeIn(places: Places, paused: Paused, options: Options, config: Config): Promise<number> {
  const { target, slugs, services, found } = paused;
  const nowMs = clock.nowMs();
  const isHereNow = found !== undefined && !isOver(found, nowMs);
  const shared = await places.fleet?.remove();
  if (shared?.ok === false)
    return refuse(
      'jobctl',
      `it is not known whether the pause has ended: ${shared.words}; type the command again`,
      notDone,
    );
  const removed = endHere(target, found, config);
  if (!removed.ok) return refuse('jobctl', `the pause could not be recorded: ${removed.reason}`, notDone);
  const wasPaused = isHereNow || places.fleet?.before !== undefined;
  if (!wasPaused && slugs.length === 0 && services.length > 0) {
    for (const slug of services) say('jobctl', `${slug} ${notPausedWords(slug)}`);
    return exitCodes.usage;
  }
  if (wasPaused) recordSteering(slugs, { action: 'resume' }, options, config);
  const held = await stillPaused(slugs, config);
  tellResumed({ target, wasPaused, held }, options);
  if (options.json) {
    const [first] = held;
    print(`${JSON.stringify({ jobs: slugs, target, wasPaused, ...(first && { stillPaused: first.pause }) })}\n`);
  }
  return held.length > 0 ? stillPausedCode : 0;
}

/** The fleet is asked also about a job whose file is gone here, and a tag that no job has any more. */
async function placesOf(target: PauseTarget, slugs: readonly string[], config: Config): Promise<Places | number> {
  const jobs = openJobs(config);
  if (!jobs.ok) return { isHere: true, shared: [] };
  const asked = slugs.length > 0 ? slugs : ['job' in target ? target.job : ''];
  const opened = await openPlaces(target, asked, { jobs: jobs.jobs, config, what: 'nothing was resumed' });
  return opened.is === 'over' ? opened.exitCode : opened.places;
}

function pauseHere(target: PauseTarget, files: StateFiles): Pause | undefined {
  return readPauses(files).find((one) => JSON.stringify(one.target) === JSON.stringify(target));
}

/**
 * The pause stays on record with its end, so that the ticks of the time until now don't count as
 * missed.
 */
function endHere(target: PauseTarget, found: Pause | undefined, { stateDirectory }: Config): WriteAnswer {
  const files = stateFiles(stateDirectory);
  const nowMs = clock.nowMs();
  if (found !== undefined && isOver(found, nowMs)) return { ok: true };
  if (found !== undefined && isWritten(found) && writePause(files, { ...found, untilMs: nowMs }).ok)
    return { ok: true };
  return removePause(files, target);
}

/** The exit code when another pause still holds the job: the operator would wait for it in vain. */
const stillPausedCode = 1;

interface Held {
  readonly slug: string;
  readonly pause: Pause;
}

interface Resumed {
  readonly target: PauseTarget;
  readonly wasPaused: boolean;
  readonly held: readonly Held[];
}

function tellResumed({ target, wasPaused, held }: Resumed, options: Options): void {
  const answers = answersFor(options);
  if (wasPaused) answers.print(`${nameOf(target)} resumed\n`);
  else if (held.length === 0) answers.print(`${nameOf(target)} was not paused\n`);
  for (const { slug, pause } of held)
    answers.say(`${slug} is still ${pauseWords(pause, timeText(hostZone()))}; to end that: ${resumeCommand(pause)}`);
}

/**
 * The pauses that still hold jobs after a resume: another one, by its name or by one of its tags.
 */
async function stillPaused(slugs: readonly string[], config: Config): Promise<readonly Held[]> {
  if (slugs.length === 0) return [];
  const chosen = await chooseJobsOfFleet({ _: [], names: slugs }, config, 'quiet');
  if (!chosen.ok) return [];
  return slugs.flatMap((slug) => {
    const job = chosen.jobs.snapshot(slug);
    return job !== undefined && 'paused' in job && job.paused !== undefined ? [{ slug, pause: job.paused }] : [];
  });
}
