/** `jobctl start`, `stop`, `restart` and `reset` of a service: what is wanted is written down, and the supervisor does it. */
import type { Config } from '../../config/config.ts';
import { timeText } from '../../report/time-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { type Ask, after, askWords, type Command, readDesired, writeDesired } from '../../service/desired.ts';
import { clock } from '../../system/clock.ts';
import { stateFiles } from '../../system/state-files.ts';
import { sweeper } from '../../system/sweeper.ts';
import { hostZone } from '../../system/zone.ts';
import { realLocks } from '../parts/machine.ts';
import { print, say } from '../parts/output.ts';
import { lookAtService } from '../parts/service-snapshots.ts';
import { spawnSupervisor } from '../parts/spawn-supervisor.ts';
import { callerName } from '../parts/stop-run.ts';
import type { Options } from './options.ts';
import { recordOnService } from './record.ts';
import { type ServiceTarget, targetName } from './service-target.ts';

const pollMs = 100;
/** Beyond the time that an instance has to end. */
const patienceMs = 15_000;

export async function startService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { job } = target;
  if (!job.enabled) return refuse(`${job.slug} is disabled in its file: take out "disabled: true"`);
  if (options['slow-start']) return refuse(`${job.slug} is a service; it has no slow_start_command`);
  const askedMs = clock.nowMs();
  const failure = command(target, 'start', options, config);
  if (failure !== undefined) return failure;
  // An instance of a service that is down stays down: who wants one of them wants the service.
  const said = target.instance === undefined ? undefined : refuseWhenDown(target, config);
  if (said !== undefined) return said;
  ensure(target, options, config);
  if (!options.wait) {
    tell(options, target, `${targetName(target)} is wanted up; jobctl status ${job.slug}`);
    return 0;
  }
  return waitUntilUp(target, askedMs, { options, config });
}

export async function stopService(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const failure = command(target, 'stop', options, config);
  if (failure !== undefined) return failure;
  tell(options, target, `${targetName(target)} is wanted down`);
  const endMs = clock.monotonicMs() + target.job.service.stopSeconds * 1000 + patienceMs;
  while (!(await isDown(target, config))) {
    if (clock.monotonicMs() > endMs) {
      say('jobctl', `${targetName(target)} has not ended yet; jobctl status ${target.slug}`);
      return exitCodes.internal;
    }
    await pause();
  }
  if (!options.json) print(`${targetName(target)} has ended.\n`);
  return 0;
}

export function restartService(target: ServiceTarget, options: Options, config: Config): number {
  if (options.tag !== undefined) {
    const down = whyDown(target, config);
    if (down !== undefined) {
      tell(options, target, `${target.slug} is not restarted: ${down}`);
      return 0;
    }
  }
  if (!target.job.enabled) return refuse(`${target.slug} is disabled in its file: take out "disabled: true"`);
  const failure = command(target, 'restart', options, config);
  if (failure !== undefined) return failure;
  const said = target.instance === undefined ? undefined : refuseWhenDown(target, config);
  if (said !== undefined) return said;
  ensure(target, options, config);
  const rolls = target.instance === undefined && target.job.service.instances > 1;
  const how = rolls ? ', one instance after the other' : '';
  tell(options, target, `${targetName(target)} is being restarted${how}; jobctl status ${target.slug}`);
  return 0;
}

export function resetService(target: ServiceTarget, options: Options, config: Config): number {
  const failure = command(target, 'reset', options, config);
  if (failure !== undefined) return failure;
  tell(options, target, `${targetName(target)} reset: what had failed or finished is tried again`);
  return 0;
}

/** The exit code when it could not be written down. */
function command(target: ServiceTarget, name: Command, options: Options, config: Config): number | undefined {
  const { reason } = options;
  const files = stateFiles(config.stateDirectory);
  const all = readDesired(files, target.slug);
  const before = target.instance === undefined ? all.service : all.instance(target.instance);
  const ask: Ask = { atMs: clock.nowMs(), by: callerName(), ...(reason !== undefined && { reason }) };
  const written = writeDesired(files, target, after(before, name, ask));
  if (!written.ok) {
    say('jobctl', `what is wanted of ${targetName(target)} could not be recorded: ${written.reason}`);
    return exitCodes.internal;
  }
  recordOnService(target, name, { reason }, config);
  if (target.instance === undefined && name === 'start') return startInstances(target, ask, { options, config });
  if (target.instance === undefined && name === 'restart') tellStopped(target, options, config);
  return undefined;
}

/** Single instances that a person has stopped: a start of the whole service is one of each of them, too. */
function startInstances(
  { slug, job }: ServiceTarget,
  ask: Ask,
  { options, config }: { readonly options: Options; readonly config: Config },
): number | undefined {
  const files = stateFiles(config.stateDirectory);
  const { instance } = readDesired(files, slug);
  for (const number of stoppedInstances(slug, job.service.instances, config)) {
    const before = instance(number);
    const target = { slug, instance: number, job };
    const written = writeDesired(files, target, after(before, 'start', ask));
    if (!written.ok) return refuse(written.reason);
    const { wish } = before;
    if (!options.json) print(`${targetName(target)} is wanted up again, too; it was stopped ${wishText(wish)}\n`);
  }
  return undefined;
}

/** A restart of the whole service starts what is wanted up, and keeps what a person has decided about one instance. */
function tellStopped({ slug, job }: ServiceTarget, { json }: Options, config: Config): void {
  const { instance } = readDesired(stateFiles(config.stateDirectory), slug);
  for (const number of stoppedInstances(slug, job.service.instances, config)) {
    const name = targetName({ slug, instance: number });
    if (!json) print(`${name} stays stopped, ${wishText(instance(number).wish)}; jobctl start ${name}\n`);
  }
}

function stoppedInstances(slug: string, instances: number, config: Config): readonly number[] {
  const { instance } = readDesired(stateFiles(config.stateDirectory), slug);
  return Array.from({ length: instances }, (_, number) => number).filter(
    (number) => instance(number).wanted === 'down',
  );
}

function wishText(wish: Ask | undefined): string {
  return wish === undefined ? 'by an operator' : askWords(wish, timeText(hostZone()));
}

/** A restart by tag restarts what is wanted up and starts nothing else. */
function whyDown({ slug, job }: ServiceTarget, config: Config): string | undefined {
  if (!job.enabled) return 'it is disabled in its file';
  const { service } = readDesired(stateFiles(config.stateDirectory), slug);
  return service.wanted === 'up' ? undefined : `it was stopped ${wishText(service.wish)}`;
}

/** Only when the service as a whole is wanted down. */
function refuseWhenDown(target: ServiceTarget, config: Config): number | undefined {
  const { slug } = target;
  const { service } = readDesired(stateFiles(config.stateDirectory), slug);
  if (service.wanted === 'up') return undefined;
  return refuse(`${slug} is wanted down as a whole, and so is ${targetName(target)}; jobctl start ${slug}`);
}

function ensure({ slug }: ServiceTarget, { config: configFile }: Options, config: Config): void {
  if (realLocks(config, () => undefined).holder(slug)?.state !== 'running') spawnSupervisor(slug, configFile);
}

async function isDown({ slug, instance, job }: ServiceTarget, config: Config): Promise<boolean> {
  const holder = realLocks(config, () => undefined).holder(slug);
  if (holder === undefined) return true;
  // Its supervisor was killed, and nobody will start one that could end what is left.
  if (holder.state === 'orphaned') await sweeper.end(holder, job.service.stopSeconds * 1000);
  if (instance === undefined) return false;
  const seen = lookAtService(job, holder, config).instances.find(({ number }) => number === instance);
  return seen === undefined || ['down', 'failed', 'finished'].includes(seen.at);
}

/** A service that had failed before is not seen to have failed again until its supervisor has heard of the start. */
async function waitUntilUp(
  { slug, job }: ServiceTarget,
  askedMs: number,
  { options, config }: { readonly options: Options; readonly config: Config },
): Promise<number> {
  for (;;) {
    const { state, sinceMs = 0 } = lookAtService(job, realLocks(config, () => undefined).holder(slug), config);
    if (state === 'UP' || ((state === 'FAILED' || state === 'DOWN') && sinceMs >= askedMs)) {
      if (!options.json) print(`${slug} is ${state}\n`);
      return state === 'UP' ? 0 : 1;
    }
    await pause();
  }
}

async function pause(): Promise<void> {
  await new Promise<void>((resolve) => clock.after(pollMs, resolve));
}

function tell({ json }: Options, target: ServiceTarget, words: string): void {
  print(json ? `${JSON.stringify({ job: targetName(target), words })}\n` : `${words}\n`);
}

function refuse(words: string): number {
  say('jobctl', words);
  return exitCodes.usage;
}
