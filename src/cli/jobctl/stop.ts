/** `jobctl stop` and `jobctl restart`: ends runs, and says what became of each. */

import type { Config } from '../../config/config.ts';
import { loadJob } from '../../job/load.ts';
import { killSentence } from '../../report/text/kill.ts';
import { stillRunningWords } from '../../run/lock/stop-run.ts';
import { processWords } from '../../run/process-words.ts';
import { files } from '../../system/file/files.ts';
import { defined } from '../../text/defined.ts';
import { realLocks } from '../frame/host.ts';
import { stopRunHere } from '../run/stop-run.ts';
import { type Act, actOnEach } from './frame/act.ts';
import { type ActResult, notDone } from './frame/answers.ts';
import type { Options } from './frame/options.ts';
import { recordSteering } from './frame/record.ts';
import { restartRefusal, startJob } from './start.ts';

/** The default of `kill_grace`, for a job whose file can't be read. */
const usualGraceSeconds = 10;

export function stop(options: Options, config: Config): Promise<number> {
  return actOnEach(options, config, stopJob);
}

/**
 * Restarts jobs. By name, it also starts jobs that are not running; by tag, it leaves those out.
 */
export function restart(options: Options, config: Config): Promise<number> {
  return actOnEach(options, config, restartJob);
}

async function restartJob(slug: string, act: Act): Promise<ActResult> {
  const { options, config, answers } = act;
  const byTag = options.tag ?? options.viaTag;
  if (byTag !== undefined && realLocks(config, () => undefined).holder(slug) === undefined) {
    answers.print(`${slug} does not run, so it is not restarted\n`);
    return { exitCode: 0, value: { restarted: false } };
  }
  const refusal = restartRefusal(slug, act);
  if (refusal !== undefined) {
    answers.say(`${slug} ${refusal.words}`);
    return { exitCode: refusal.code, value: { restarted: false, reason: refusal.words } };
  }
  recordSteering([slug], { action: 'restart' }, options, config);
  const stopped = await stopJob(slug, act);
  if (stopped.exitCode !== 0) return stopped;
  // Why it was restarted is on record.
  const { reason: _reason, tag: _tag, viaTag: _viaTag, ...rest } = options;
  const started = await startJob(slug, { ...act, options: rest });
  return { exitCode: started.exitCode, value: { ...stopped.value, ...started.value } };
}

async function stopJob(slug: string, act: Act): Promise<ActResult> {
  const { options, config, answers } = act;
  const { reason } = options;
  const loaded = loadJob(slug, config, { files });
  const holder = realLocks(config, () => undefined).holder(slug);
  const written = loaded?.ok === true ? loaded.value.killGraceSeconds : undefined;
  const killGraceSeconds = written ?? holder?.killGraceSeconds ?? usualGraceSeconds;
  const order = { slug, killGraceSeconds, ...defined({ reason }) };
  let stoppedRun: string | undefined;
  const answer = await stopRunHere(config, order, (holder) => {
    stoppedRun = holder.runId;
    answers.print(`${killSentence(slug, holder)}\n`);
  });
  const value = { stop: answer.is, ...defined({ stoppedRun }) };
  switch (answer.is) {
    case 'idle': {
      const elsewhere = await stopInFleet(slug, killGraceSeconds, act);
      if (elsewhere !== undefined) return elsewhere;
      answers.print(`${killSentence(slug, undefined)}\n`);
      return { exitCode: 0, value };
    }
    case 'stopped':
      answers.print(`${slug} has ended.\n`);
      return { exitCode: 0, value };
    case 'still-running': {
      const wrapper = answer.holder.state === 'orphaned' ? undefined : answer.holder.wrapper?.pid;
      const pids = [wrapper, ...answer.holder.pids].filter(Boolean);
      const processes = answer.holder.processes?.map(processWords);
      answers.say(stillRunningWords(slug, answer.holder));
      return { exitCode: notDone, value: { ...value, pids, ...defined({ processes }) } };
    }
    default:
      return answer satisfies never;
  }
}

/** Stops a run that another host has; undefined if there is none. */
async function stopInFleet(slug: string, killGraceSeconds: number, act: Act): Promise<ActResult | undefined> {
  const { options, config, jobs, answers } = act;
  const loaded = jobs.load(slug);
  const mayBeShared = loaded?.ok !== true || loaded.value.seat?.claimed === true;
  if (config.fleet?.etcd === undefined || !mayBeShared) return undefined;
  const { stopElsewhere } = await import('./on-demand/fleet.ts');
  return stopElsewhere({ slug, killGraceSeconds, reason: options.reason, answers }, config);
}
