/** `jobctl pause` and `jobctl resume`: whether the clock and people may start a job; who said so, why and until when goes on record. */
import type { Config } from '../../config/config.ts';
import { timeText } from '../../report/time-text.ts';
import { pauseEnd } from '../../report/until.ts';
import { exitCodes } from '../../run/outcome.ts';
import { isOver, type Pause, type PauseTarget, pauseWords } from '../../run/pause.ts';
import { readPauses, removePause, writePause } from '../../run/pauses.ts';
import { clock } from '../../system/clock.ts';
import { stateFiles } from '../../system/state-files.ts';
import { hostZone } from '../../system/zones.ts';
import { print, say } from '../parts/output.ts';
import { callerName } from '../parts/stop-run.ts';
import { tellerFor } from './act.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';
import { recordSteering } from './record.ts';
import { stop } from './stop.ts';

export async function pause(options: Options, config: Config): Promise<number> {
  const end = pauseEnd(options, { nowMs: clock.nowMs(), zone: hostZone() });
  if (!end.ok) {
    say('jobctl', end.words);
    return exitCodes.usage;
  }
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const record: Pause = {
    target: targetOf(options),
    atMs: clock.nowMs(),
    by: callerName(),
    ...(end.untilMs === undefined ? {} : { untilMs: end.untilMs }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
  const written = writePause(stateFiles(config.stateDirectory), record);
  if (!written.ok) return failed(written.reason);
  const { untilMs } = end;
  recordSteering(chosen.slugs, { action: 'pause', ...(untilMs !== undefined && { untilMs }) }, options, config);
  tellerFor(options).print(`${nameOf(record.target)} ${pauseWords(record, timeText(hostZone()))}\n`);
  if (options.json) print(`${JSON.stringify({ jobs: chosen.slugs, paused: record })}\n`);
  return options.kill ? stop(options, config) : 0;
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
  // It stays on record with its end, so that what the clock had for the job until now is not taken for missed.
  const kept = wasPaused ? writePause(files, { ...found, untilMs: nowMs }).ok : found !== undefined;
  const removed = kept ? { ok: true as const } : removePause(files, target);
  if (!removed.ok) return failed(removed.reason);
  const slugs = chosen.ok ? chosen.slugs : [];
  if (wasPaused) recordSteering(slugs, { action: 'resume' }, options, config);
  tellerFor(options).print(`${nameOf(target)} ${wasPaused ? 'resumed' : 'was not paused'}\n`);
  const rest = otherPause(options, config);
  if (rest !== undefined) say('jobctl', `${options.name} is still ${pauseWords(rest, timeText(hostZone()))}`);
  if (options.json)
    print(`${JSON.stringify({ jobs: slugs, target, wasPaused, ...(rest && { stillPaused: rest }) })}\n`);
  return 0;
}

/** A job that is resumed by name may still be held by one of its tags. */
function otherPause({ name }: Options, config: Config): Pause | undefined {
  if (name === undefined) return undefined;
  const chosen = chooseJobs({ _: [], name }, config, 'quiet');
  const job = chosen.ok ? chosen.jobs.snapshot(name) : undefined;
  return job !== undefined && 'paused' in job ? job.paused : undefined;
}

function targetOf({ name, tag }: Options): PauseTarget {
  return tag === undefined ? { job: name ?? '' } : { tag };
}

function nameOf(target: PauseTarget): string {
  return 'job' in target ? target.job : `tag ${target.tag}:`;
}

function failed(reason: string): number {
  say('jobctl', `the pause could not be recorded: ${reason}`);
  return exitCodes.internal;
}
