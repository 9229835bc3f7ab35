/** `jobctl logs` of an instance: its newest log, and with --follow whatever comes, in the next log too. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome.ts';
import { instanceLogs } from '../../system/service-logs.ts';
import { realLocks } from '../parts/machine.ts';
import { say } from '../parts/output.ts';
import { show } from './logs.ts';
import type { Options } from './options.ts';
import { type ServiceTarget, targetName } from './service-target.ts';

export async function serviceLogs(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { slug } = target;
  const { instances } = target.service;
  if (options.run !== undefined) return refuse('a service has no runs; leave out --run');
  if (target.instance === undefined && instances > 1) {
    return refuse(`${slug} has a log for each instance: jobctl logs ${slug}.0 to ${slug}.${instances - 1}`);
  }
  const instance = target.instance ?? 0;
  const directory = path.join(config.outputDirectory, slug);
  const newest = () => instanceLogs(directory, `${slug}.${instance}`).at(-1);
  const first = newest();
  if (first === undefined) return refuse(`${targetName(target)} has no log yet`);
  const isSupervised = () => realLocks(config, () => undefined).holder(slug) !== undefined;
  const goesOn = (name: string) => options.follow === true && isSupervised() && newest() === name;
  for (let name = first; ; ) {
    const code = await show({ outputDirectory: config.outputDirectory, slug, name }, () => goesOn(name));
    const next = newest();
    if (code !== 0 || options.follow !== true || next === undefined || next === name) return code;
    name = next;
  }
}

function refuse(words: string): number {
  say('jobctl', words);
  return exitCodes.usage;
}
