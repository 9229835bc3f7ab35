/** What the commands of jobctl mean for services. `undefined`: it is not about one, and goes the way of all jobs. */
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome.ts';
import { say } from '../parts/output.ts';
import type { Options } from './options.ts';
import { serviceLogs } from './service-logs.ts';
import { serviceHistory, serviceStatus, serviceWhy } from './service-look.ts';
import { snooze } from './service-snooze.ts';
import { stopService } from './service-stop.ts';
import { findTargets, type ServiceTarget, targetName } from './service-target.ts';
import { resetService, restartService, startService } from './service-wish.ts';

type OnService = (target: ServiceTarget, options: Options, config: Config) => Promise<number> | number;

/** `tagged`: follows a tag. `ending`: is also about a service that is being ended because its file describes a job now. */
const commands: Readonly<
  Record<string, { readonly act: OnService; readonly tagged: boolean; readonly ending?: true }>
> = {
  start: { act: startService, tagged: true },
  stop: { act: stopService, tagged: true, ending: true },
  restart: { act: restartService, tagged: true },
  reset: { act: resetService, tagged: true },
  snooze: { act: snooze, tagged: true },
  status: { act: serviceStatus, tagged: false, ending: true },
  why: { act: serviceWhy, tagged: false, ending: true },
  logs: { act: serviceLogs, tagged: false, ending: true },
  history: { act: serviceHistory, tagged: false },
  pause: { act: notPaused, tagged: false },
  resume: { act: notPaused, tagged: false },
};

export async function serviceCommand(
  name: string,
  options: Options,
  { config, onJob }: { readonly config: Config; readonly onJob: (options: Options) => Promise<number> | number },
): Promise<number | undefined> {
  const command = commands[name];
  if (command === undefined || (options.tag !== undefined && !command.tagged)) return undefined;
  const targets = findTargets(options, config, command.ending === true);
  if (targets.is === 'none') return undefined;
  if (targets.is === 'wrong') return targets.exitCode;
  const { tag: _tag, ...rest } = options;
  const codes = await Promise.all([
    ...targets.services.map((target) => command.act(target, options, config)),
    ...targets.jobs.map((slug) => onJob({ ...rest, name: slug })),
  ]);
  return Math.max(0, ...codes);
}

function notPaused(target: ServiceTarget): number {
  const name = targetName(target);
  say('jobctl', `${name} is a service, which is not paused but stopped: jobctl stop ${name}, jobctl start ${name}`);
  return exitCodes.usage;
}
