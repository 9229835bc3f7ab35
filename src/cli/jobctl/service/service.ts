/**
 * The commands of jobctl for services. `undefined` means that the command is not about a service:
 * it goes to the command for jobs.
 */

import type { Config } from '../../../config/config.ts';
import { defined } from '../../../text/defined.ts';
import { greatest } from '../../../text/width.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import type { Options } from '../frame/options.ts';
import { findTargets, notPausedWords, type ServiceTarget, targetName } from '../frame/target.ts';
import { serviceLogs } from './logs.ts';
import { instanceHistory, serviceStatus, serviceWhy } from './look.ts';
import { snooze } from './snooze.ts';
import { resetService, restartService, startService } from './start.ts';
import { stopService } from './stop.ts';

type OnService = (target: ServiceTarget, options: Options, config: Config) => Promise<number> | number;

/**
 * The way in which a command acts on services.
 *
 * `tagged` says what follows from `--tag`: `each` acts on all services at once, `look` shows one
 * after the other, each under its name; with `itself` the command for jobs knows services, too.
 * `ending`: the command also takes a service that is being stopped because its file describes a job
 * now. `recorded`: it also takes a service whose file is gone and that has ended. `only`: a whole
 * service goes the way of all jobs.
 */
interface Command {
  readonly act: OnService;
  readonly tagged: 'each' | 'look' | 'itself';
  readonly ending?: true;
  readonly recorded?: true;
  readonly only?: 'instances';
}

const commands: Readonly<Record<string, Command>> = {
  endpoints: { act: loadEndpoints, tagged: 'itself' },
  start: { act: startService, tagged: 'each' },
  stop: { act: stopService, tagged: 'each', ending: true },
  restart: { act: restartService, tagged: 'each' },
  reset: { act: resetService, tagged: 'each' },
  snooze: { act: snooze, tagged: 'each' },
  why: { act: serviceWhy, tagged: 'look', ending: true },
  logs: { act: serviceLogs, tagged: 'look', ending: true, recorded: true },
  status: { act: serviceStatus, tagged: 'itself', ending: true },
  history: { act: instanceHistory, tagged: 'itself', recorded: true, only: 'instances' },
  pause: { act: notPaused, tagged: 'itself' },
  resume: { act: notPaused, tagged: 'itself' },
};

/** A bundle of its own: most commands about services need nothing of it. */
async function loadEndpoints(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { endpoints } = await import('../on-demand/endpoints.ts');
  return endpoints(target, options, config);
}

type OnJob = (options: Options) => Promise<number> | number;

export async function serviceCommand(
  name: string,
  options: Options,
  { config, onJob }: { readonly config: Config; readonly onJob: OnJob },
): Promise<number | undefined> {
  const command = commands[name];
  if (command === undefined || (options.tag !== undefined && command.tagged === 'itself')) return undefined;
  const targets = findTargets(options, config, {
    takesEnding: command.ending === true,
    takesRecorded: command.recorded === true,
  });
  if (targets.is === 'none') return undefined;
  if (targets.is === 'wrong') return targets.exitCode;
  if (command.only === 'instances' && targets.services.every(({ instance }) => instance === undefined))
    return undefined;
  const { tag, ...rest } = options;
  const onJobNamed = (slug: string) => onJob({ ...rest, name: slug, ...defined({ viaTag: tag }) });
  if (tag !== undefined && command.tagged === 'look') {
    if (name === 'logs' && (options.follow || options.run !== undefined))
      return refuse('jobctl', '--follow and --run are about one job; name it');
    const shown = [...targets.services.flatMap(name === 'logs' ? instancesOf : (target) => [target]), ...targets.jobs];
    return showEach(shown, name, (one) =>
      typeof one === 'string' ? onJobNamed(one) : command.act(one, options, config),
    );
  }
  const codes = await Promise.all([
    ...targets.services.map((target) => command.act(target, options, config)),
    ...targets.jobs.map(onJobNamed),
  ]);
  return greatest(codes);
}

/**
 * Shows several as tail(1) shows several files; the answers of `why` name their service themselves.
 */
async function showEach(
  all: readonly (ServiceTarget | string)[],
  command: string,
  show: (one: ServiceTarget | string) => Promise<number> | number,
): Promise<number> {
  const nameOf = (one: ServiceTarget | string) => (typeof one === 'string' ? one : targetName(one));
  let code = 0;
  for (const [index, one] of [...all].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).entries()) {
    if (command === 'logs') print(`==> ${nameOf(one)} <==\n`);
    else if (index > 0) print('\n');
    code = Math.max(code, await show(one));
  }
  return code;
}

function instancesOf(target: ServiceTarget): readonly ServiceTarget[] {
  const { instances } = target.service;
  return Array.from({ length: instances }, (_, instance) => ({ ...target, instance }));
}

function notPaused(target: ServiceTarget): number {
  return refuse('jobctl', `${targetName(target)} ${notPausedWords(targetName(target))}`);
}
