/**
 * `jobctl stop` of a service: records that it should be down; the supervisor does it. A supervisor
 * that is stopped by a signal is continued first. If it is stopped again and again, jobctl kills it
 * and ends the remaining processes.
 */

import type { Config } from '../../../config/config.ts';
import { readRecord } from '../../../service/record/record.ts';
import { sweeper } from '../../../system/process/sweeper.ts';
import { wrappers } from '../../../system/process/wrappers.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import type { LockHolder } from '../../../system/types/lock.ts';
import { defined } from '../../../text/defined.ts';
import { print, say } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { isJobRun, lookAtService } from '../../report/service-snapshots.ts';
import { stopRunHere } from '../../run/stop-run.ts';
import { notDone } from '../frame/answers.ts';
import type { Options } from '../frame/options.ts';
import { holderOf, type ServiceTarget, targetName } from '../frame/target.ts';
import { command, tell } from './start.ts';
import { lastStepWords, untilGone } from './supervisor-end.ts';

const pollMs = 100;
/** The time beyond what an instance has to end. */
const patienceMs = 15_000;
/** The time during which a supervisor that is stopped again is continued, before it is killed. */
const wakePatienceMs = 3000;
/** The default of `kill_grace`. */
const usualGraceSeconds = 10;

export async function stopService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const failure = await command(target, 'stop', options, config);
  if (failure !== undefined) return failure;
  const isShared = target.service.seat?.slots === true;
  tell(options, target, `${targetName(target)} will be kept down${isShared ? ' on all hosts of its pool' : ''}`);
  return isShared ? stopOnAllHosts(target, options, config) : stopHere(target, options, config);
}

/** The supervisors of all hosts see the decision within seconds. */
async function stopOnAllHosts(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { untilEnded } = await import('../on-demand/pool-service.ts');
  const left = await untilEnded(target, config, target.service.stopSeconds * 1000 + patienceMs);
  if (left !== undefined) return refuse('jobctl', `${targetName(target)} has not ended yet: ${left}`, notDone);
  if (!options.json) print(`${targetName(target)} has ended on all hosts.\n`);
  return 0;
}

async function stopHere(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const name = targetName(target);
  const holder = holderOf(target.slug, config);
  if (holder === undefined) {
    if (!options.json) print(`${name} was not running.\n`);
    return 0;
  }
  if (holder.isStopped === true)
    say(
      'jobctl',
      `the supervisor of ${target.slug} was stopped (SIGSTOP, pid ${holder.wrapper?.pid}) and is continued`,
    );
  const startMs = clock.monotonicMs();
  const endMs = startMs + target.service.stopSeconds * 1000 + patienceMs;
  await stopJobRun(target, options, config);
  const stopping: Stopping = { target, startMs, config, supervisors: new Map() };
  for (let isDown = await look(stopping); !isDown; isDown = await look(stopping)) {
    if (clock.monotonicMs() > endMs) {
      return refuse('jobctl', lateWords(target, config), notDone);
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
  const left = target.instance === undefined ? await untilGone([...stopping.supervisors.values()]) : [];
  if (!options.json) print(`${name} has ended.\n`);
  for (const supervisor of left) say('jobctl', lastStepWords(target.slug, supervisor));
  return 0;
}

interface Stopping {
  readonly target: ServiceTarget;
  /** Milliseconds of the monotonic clock. */
  readonly startMs: number;
  readonly config: Config;
  /** The supervisors that held the lock meanwhile, by pid. */
  readonly supervisors: Map<number, LockHolder>;
}

/** Stops the run of the job that had this name before its file described a service. */
async function stopJobRun({ slug, instance }: ServiceTarget, { reason }: Options, config: Config): Promise<void> {
  const holder = holderOf(slug, config);
  const supervisorRun = readRecord(stateFiles(config.stateDirectory), slug)?.run;
  if (instance !== undefined || !isJobRun(slug, holder, supervisorRun, config)) return;
  const { killGraceSeconds = usualGraceSeconds } = holder ?? {};
  const order = { slug, killGraceSeconds, ...defined({ reason }) };
  await stopRunHere(config, order, ({ runId }) => say('jobctl', `ending run ${runId} of the job that ${slug} was`));
}

/** Returns true when the target is down. Helps supervisors that can't get there by themselves. */
async function look({ target, startMs, config, supervisors }: Stopping): Promise<boolean> {
  const { slug, instance, service } = target;
  const holder = holderOf(slug, config);
  if (holder === undefined) return true;
  if (holder.wrapper !== undefined) supervisors.set(holder.wrapper.pid, holder);
  if (holder.isStopped === true) wake(holder, startMs, instance);
  // The supervisor was killed, and no new one will start to end the remaining processes.
  if (holder.state === 'orphaned') await sweeper.end(holder, service.stopSeconds * 1000);
  if (instance === undefined) return false;
  const seen = lookAtService(service, holder, config).instances.find(({ number }) => number === instance);
  return seen === undefined || ['down', 'failed', 'finished'].includes(seen.at);
}

/**
 * Continues the supervisor, or kills it when that is hopeless; for a single instance never, since
 * it watches all.
 */
function wake(holder: LockHolder, startMs: number, instance: number | undefined): void {
  const isHopeless = clock.monotonicMs() - startMs > wakePatienceMs;
  if (isHopeless && instance === undefined) wrappers.kill(holder);
  else wrappers.wake(holder);
}

function lateWords(target: ServiceTarget, config: Config): string {
  const { slug } = target;
  const pid = holderOf(slug, config)?.wrapper?.pid;
  const who = pid === undefined ? '' : ` (supervisor: pid ${pid})`;
  const instances = readRecord(stateFiles(config.stateDirectory), slug)?.instances ?? [];
  const reasons = instances.flatMap(({ reason }) => (reason === undefined ? [] : [`; ${reason}`]));
  return `${targetName(target)} has not ended yet${who}${reasons.join('')}; jobctl status ${slug}`;
}
