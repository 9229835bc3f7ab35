/**
 * `jobctl start`, `restart` and `reset` of a service: records what the operator wants; the
 * supervisor does it.
 */

import type { Config } from '../../../config/config.ts';
import { elsewhereWords } from '../../../fleet/seat.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import {
  afterCommand,
  type Desired,
  type OperatorRequest,
  readDesired,
  requestWords,
  type ServiceCommand,
  writeDesired,
} from '../../../service/desired.ts';
import { readRecord } from '../../../service/record/record.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import type { WriteAnswer } from '../../../system/types/file.ts';
import type { LockHolder } from '../../../system/types/lock.ts';
import { defined } from '../../../text/defined.ts';
import { printable } from '../../../text/printable.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { callerName } from '../../frame/caller-name.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { startSupervisor } from '../../frame/start-program.ts';
import { isJobRun, lookAtService } from '../../report/service-snapshots.ts';
import { notDone } from '../frame/answers.ts';
import type { Options } from '../frame/options.ts';
import { recordOnService } from '../frame/record.ts';
import { holderOf, type ServiceTarget, targetName } from '../frame/target.ts';

const pollMs = 100;

export async function startService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { slug } = target;
  const off = offWords(target);
  if (options.tag !== undefined && off !== undefined) {
    tell(options, target, `${slug} is not started: ${off}`);
    return 0;
  }
  const refusal = refusalOf(target, 'started', options, config);
  if (refusal !== undefined) return refuse('jobctl', refusal.words, refusal.code);
  const askedMs = clock.nowMs();
  // An instance of a service that is down stays down: who wants one of them wants the service.
  const said = target.instance === undefined ? undefined : refuseWhenDown(target, config);
  if (said !== undefined) return said;
  const failure = await command(target, 'start', options, config);
  if (failure !== undefined) return failure;
  ensure(target, options, config);
  if (!options.wait) {
    tell(options, target, `${targetName(target)} will be kept up; jobctl status ${slug}`);
    return 0;
  }
  return waitUntilUp(target, askedMs, { options, config });
}

export async function restartService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  if (options.tag !== undefined) {
    const down = whyDown(target, config);
    if (down !== undefined) {
      tell(options, target, `${target.slug} is not restarted: ${down}`);
      return 0;
    }
  }
  const refusal = refusalOf(target, 'restarted', options, config);
  if (refusal !== undefined) return refuse('jobctl', refusal.words, refusal.code);
  const said = target.instance === undefined ? undefined : refuseWhenDown(target, config);
  if (said !== undefined) return said;
  const failure = await command(target, 'restart', options, config);
  if (failure !== undefined) return failure;
  ensure(target, options, config);
  const rolls = target.instance === undefined && target.service.instances > 1;
  const how = rolls ? ', one instance after the other' : '';
  tell(options, target, `${targetName(target)} is being restarted${how}; jobctl status ${target.slug}`);
  return 0;
}

export async function resetService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const failure = await command(target, 'reset', options, config);
  if (failure !== undefined) return failure;
  tell(options, target, `${targetName(target)} reset: ${resetWords(target, config)}`);
  return 0;
}

/** The result of the reset in the present state. */
function resetWords({ slug, service }: ServiceTarget, config: Config): string {
  const again = 'what had failed or finished is started again';
  if (holderOf(slug, config)?.state === 'running') return again;
  const off = offWords({ service });
  if (off !== undefined) return `${off}, so nothing is started`;
  if (service.file === 'broken') return 'its file has problems, so nothing is started until that is fixed';
  const { state: desired, decision } = readDesired(stateFiles(config.stateDirectory), slug).service;
  return desired === 'up'
    ? again
    : `it was stopped ${requestText(decision)}, so nothing is started; jobctl start ${slug}`;
}

interface Refusal {
  readonly words: string;
  readonly code: number;
}

/** Returns why the request is refused, before anything is recorded or stopped. */
function refusalOf(
  target: ServiceTarget,
  done: 'started' | 'restarted',
  options: Options,
  config: Config,
): Refusal | undefined {
  const { slug, service } = target;
  const name = targetName(target);
  const usage = (words: string) => ({ words, code: exitCodes.usage });
  const again = `jobctl ${done === 'started' ? 'start' : 'restart'} ${name}`;
  if (service.file === 'disabled') return usage(`${slug} is disabled in its file: remove "disabled: true"`);
  if (service.file === 'elsewhere') return usage(`${name} can't be ${done} here: ${offWords(target)}`);
  if (service.file === 'gone') return usage(`${name} can't be ${done}: its file is gone, so ${slug} is being stopped`);
  if (options['slow-start']) return usage(`${slug} is a service; it has no slow_start_command`);
  const holder = holderOf(slug, config);
  if (service.file === 'broken') {
    const state = holder === undefined ? 'is not running' : 'goes on as it is';
    const problem = service.problems[0] ?? '';
    const words = `${name} can't be ${done}, and ${state}: its file has problems: ${problem}; fix it, then ${again}`;
    return { words, code: exitCodes.configuration };
  }
  if (holder?.isStopped === true) return { words: stoppedWords(target, done, holder), code: notDone };
  if (!holdsAsJob(slug, holder, config)) return undefined;
  const words = `${slug} can't be ${done}: the job that it was is still running (run ${holder?.runId}, pid ${holder?.wrapper?.pid}), and the service starts when that has ended; jobctl stop ${slug}`;
  return { words, code: exitCodes.skipped };
}

function stoppedWords(target: ServiceTarget, done: string, { wrapper }: LockHolder): string {
  const { slug } = target;
  return `${targetName(target)} can't be ${done}: the supervisor of ${slug} is stopped (SIGSTOP, pid ${wrapper?.pid}); kill -CONT ${wrapper?.pid} continues it, jobctl stop ${slug} ends it`;
}

function holdsAsJob(slug: string, holder: LockHolder | undefined, config: Config): boolean {
  return isJobRun(slug, holder, readRecord(stateFiles(config.stateDirectory), slug)?.run, config);
}

/** Records the command. Returns an exit code if that failed. */
export async function command(
  target: ServiceTarget,
  name: ServiceCommand,
  options: Options,
  config: Config,
): Promise<number | undefined> {
  const { reason } = options;
  const files = stateFiles(config.stateDirectory);
  const all = readDesired(files, target.slug);
  const before = target.instance === undefined ? all.service : all.instance(target.instance);
  const ask: OperatorRequest = { atMs: clock.nowMs(), by: callerName(), ...defined({ reason }) };
  const written = await writeDecision(target, afterCommand(before, name, ask), config);
  if (!written.ok) {
    return refuse('jobctl', `the request for ${targetName(target)} could not be recorded: ${written.reason}`, notDone);
  }
  recordOnService(target, name, options, config);
  if (target.instance === undefined && name === 'start') return startInstances(target, ask, { options, config });
  if (target.instance === undefined && name === 'restart') tellStopped(target, options, config);
  return undefined;
}

/** Writes the decision of an operator, first where all hosts of the pool read it. */
async function writeDecision(target: ServiceTarget, desired: Desired, config: Config): Promise<WriteAnswer> {
  if (target.service.seat?.slots === true) {
    const { shareDesired } = await import('../on-demand/pool-service.ts');
    const reason = await shareDesired(target, desired, config);
    if (reason !== undefined) return { ok: false, reason };
  }
  return writeDesired(stateFiles(config.stateDirectory), target, desired);
}

/**
 * Starts the instances that an operator had stopped, since a start of the whole service includes
 * them.
 */
async function startInstances(
  { slug, service }: ServiceTarget,
  ask: OperatorRequest,
  { options, config }: { readonly options: Options; readonly config: Config },
): Promise<number | undefined> {
  const { instance } = readDesired(stateFiles(config.stateDirectory), slug);
  for (const number of stoppedInstances(slug, service.instances, config)) {
    const before = instance(number);
    const target = { slug, instance: number, service };
    const written = await writeDecision(target, afterCommand(before, 'start', ask), config);
    if (!written.ok) return refuse('jobctl', written.reason);
    const { decision } = before;
    if (!options.json)
      print(`${targetName(target)} will be kept up again, too; it was stopped ${requestText(decision)}\n`);
  }
  return undefined;
}

/**
 * Says which instances stay stopped: a restart of the whole service keeps what an operator decided
 * about one.
 */
function tellStopped({ slug, service }: ServiceTarget, { json }: Options, config: Config): void {
  const { instance } = readDesired(stateFiles(config.stateDirectory), slug);
  for (const number of stoppedInstances(slug, service.instances, config)) {
    const name = targetName({ slug, instance: number });
    if (!json) print(`${name} stays stopped, ${requestText(instance(number).decision)}; jobctl start ${name}\n`);
  }
}

/** The reason in its file, or in the pools, why this host does not keep it up. */
function offWords({ service: { file, seat } }: Pick<ServiceTarget, 'service'>): string | undefined {
  if (file === 'disabled') return 'it is disabled in its file';
  return file === 'elsewhere' && seat !== undefined ? `it ${elsewhereWords(seat)}` : undefined;
}

function stoppedInstances(slug: string, instances: number, config: Config): readonly number[] {
  const { instance } = readDesired(stateFiles(config.stateDirectory), slug);
  return Array.from({ length: instances }, (_, number) => number).filter((number) => instance(number).state === 'down');
}

function requestText(decision: OperatorRequest | undefined): string {
  return decision === undefined ? 'by an operator' : printable(requestWords(decision, timeText(hostZone())));
}

/** The reason why a restart by tag leaves this service out: it restarts only what should be up. */
function whyDown({ slug, service }: ServiceTarget, config: Config): string | undefined {
  const off = offWords({ service });
  if (off !== undefined) return off;
  const { state: desired, decision } = readDesired(stateFiles(config.stateDirectory), slug).service;
  return desired === 'up' ? undefined : `it was stopped ${requestText(decision)}`;
}

/** Refuses if the whole service was stopped. */
function refuseWhenDown(target: ServiceTarget, config: Config): number | undefined {
  const { slug } = target;
  const { service } = readDesired(stateFiles(config.stateDirectory), slug);
  if (service.state === 'up') return undefined;
  return refuse('jobctl', `${slug} was stopped as a whole, so ${targetName(target)} stays down; jobctl start ${slug}`);
}

function ensure({ slug }: ServiceTarget, { config: configFile }: Options, config: Config): void {
  if (holderOf(slug, config)?.state !== 'running') startSupervisor(slug, configFile);
}

/** Waits until the service is up, or has failed after `askedMs`: an older failure doesn't count. */
async function waitUntilUp(
  target: ServiceTarget,
  askedMs: number,
  { options, config }: { readonly options: Options; readonly config: Config },
): Promise<number> {
  const { slug, service } = target;
  for (;;) {
    const holder = holderOf(slug, config);
    if (holder?.isStopped === true) return refuse('jobctl', stoppedWords(target, 'started', holder), notDone);
    const { state, sinceMs = 0 } = lookAtService(service, holder, config);
    if (state === 'UP' || ((state === 'FAILED' || state === 'DOWN') && sinceMs >= askedMs)) {
      if (!options.json) print(`${slug} is ${state}\n`);
      return state === 'UP' ? 0 : 1;
    }
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

export function tell({ json }: Options, target: ServiceTarget, words: string): void {
  print(json ? `${JSON.stringify({ job: targetName(target), words })}\n` : `${printable(words)}\n`);
}
