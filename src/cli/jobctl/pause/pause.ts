/**
 * `jobctl pause`: a paused job is started neither by the clock nor by people. Who paused it, why and
 * until when is on record.
 */

import type { Config } from '../../../config/config.ts';
import { pauseEnd } from '../../../report/typed/until.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import {
  isOver,
  isWritten,
  type Pause,
  type PauseTarget,
  pauseDetails,
  pauseTerms,
  readPauses,
  resumeCommand,
  type WrittenPause,
  writePause,
} from '../../../run/pause/pause.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import type { StateFiles } from '../../../system/types/state.ts';
import { defined } from '../../../text/defined.ts';
import { printable } from '../../../text/printable.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { callerName } from '../../frame/caller-name.ts';
import { print, say } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { answersFor, notDone } from '../frame/answers.ts';
import { chooseJobs } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { recordSteering } from '../frame/record.ts';
import { notPausedWords } from '../frame/target.ts';
import { stop } from '../stop.ts';
import { openPlaces, type Places } from './places.ts';
import { nameOf, pausable, targetOf } from './target.ts';

export async function pause(options: Options, config: Config): Promise<number> {
  const early = pauseEnd(options, { nowMs: clock.nowMs(), zone: hostZone() });
  if (!early.ok) return refuse('jobctl', early.words);
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const { slugs, services } = pausable(chosen, config);
  for (const slug of services) say('jobctl', `${slug} ${notPausedWords(slug)}`);
  if (slugs.length === 0) return exitCodes.usage;
  const opened = await openPlaces(targetOf(options), slugs, { jobs: chosen.jobs, config, what: 'nothing was paused' });
  if (opened.is === 'over') return opened.exitCode;
  const { places } = opened;
  try {
    const exitCode = await pauseIn(places, slugs, options, config);
    if (exitCode !== 0) return exitCode;
  } finally {
    places.fleet?.close();
  }
  const { name: _name, tag: _tag, ...rest } = options;
  const stopped = options.kill ? await stop({ ...rest, names: slugs }, config) : 0;
  return services.length > 0 ? Math.max(exitCodes.usage, stopped) : stopped;
}

async function pauseIn(places: Places, slugs: readonly string[], options: Options, config: Config): Promise<number> {
  // The claims compare the end with the clock of etcd.
  const end = pauseEnd(options, { nowMs: places.fleet?.nowMs ?? clock.nowMs(), zone: hostZone() });
  if (!end.ok) return refuse('jobctl', end.words);
  const { untilMs } = end;
  const record: WrittenPause = {
    ...{ target: targetOf(options), atMs: clock.nowMs(), by: callerName() },
    ...defined({ untilMs, reason: options.reason }),
  };
  const files = stateFiles(config.stateDirectory);
  const replaced = replacedBy(record.target, places, files);
  const failure = await writeIn(places, record, files);
  if (failure !== undefined) return refuse('jobctl', failure, notDone);
  recordSteering(slugs, { action: 'pause', ...defined({ untilMs }) }, options, config);
  tellPaused({ record, replaced, places, slugs }, options);
  const shared = places.shared.length === 0 ? {} : { onAllHosts: places.shared };
  if (options.json)
    print(`${JSON.stringify({ jobs: slugs, paused: record, ...(replaced && { replaced }), ...shared })}\n`);
  return 0;
}

/** Writes the key of the fleet first. Returns what went wrong, and what holds now all the same. */
async function writeIn(
  { fleet, isHere }: Places,
  record: WrittenPause,
  files: StateFiles,
): Promise<string | undefined> {
  const { target, ...hold } = record;
  const shared = await fleet?.write({ ...hold, atMs: Math.round(fleet.nowMs) });
  const resume = resumeCommand(record);
  if (shared?.ok === false)
    return `${shared.words}; it is not known whether the pause holds on the other hosts, and nothing was paused on this one; type the command again, or: ${resume}`;
  const written = isHere ? writePause(files, record) : { ok: true as const };
  if (written.ok) return undefined;
  const words = `the pause could not be recorded: ${written.reason}`;
  if (fleet === undefined) return words;
  const back = await (fleet.before === undefined ? fleet.remove() : fleet.write(fleet.before));
  if (back.ok) return words;
  return `${words}; the jobs of the pools are paused on all hosts all the same (${back.words}); to end that: ${resume}`;
}

interface Told {
  readonly record: WrittenPause;
  readonly replaced: Pause | undefined;
  readonly places: Places;
  readonly slugs: readonly string[];
}

function tellPaused({ record, replaced, places, slugs }: Told, options: Options): void {
  const format = timeText(hostZone());
  const name = nameOf(record.target);
  const answers = answersFor(options);
  answers.print(`${name} paused ${printable(pauseTerms(record, format))}\n`);
  if (replaced !== undefined)
    answers.print(`${name} this replaces another pause: ${printable(replacedWords(replaced, format))}\n`);
  const { shared } = places;
  const others = slugs.filter((slug) => !shared.includes(slug));
  if (shared.length === 0) return;
  answers.print(`${name} nothing starts on any host${others.length === 0 ? '' : `: ${shared.join(', ')}`}\n`);
  if (others.length > 0) answers.print(`${name} nothing starts on this host: ${others.join(', ')}\n`);
}

function replacedWords(pause: Pause, format: (ms: number) => string): string {
  return isWritten(pause) ? `paused ${pauseTerms(pause, format)}` : pauseDetails(pause, format);
}

/** The pause on record for this very target, while it lasts. */
function replacedBy(target: PauseTarget, { fleet, isHere }: Places, files: StateFiles): Pause | undefined {
  if (fleet?.before !== undefined) return { target, ...fleet.before };
  if (!isHere) return undefined;
  const found = readPauses(files).find((one) => JSON.stringify(one.target) === JSON.stringify(target));
  return found === undefined || isOver(found, clock.nowMs()) ? undefined : found;
}
