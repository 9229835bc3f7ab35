/**
 * Builds the environment, directory and command lines of one instance, with placeholders replaced.
 */

import type { Command } from '../../job/command.ts';
import type { ServiceJob } from '../../job/job.ts';
import { expand, type InstanceFacts } from '../../job/placeholder.ts';
import { portVariable } from '../../job/service.ts';
import { type FixedWorld, type World, worldOf } from '../../run/world/world.ts';
import { defined } from '../../text/defined.ts';

export interface InstanceRequest {
  readonly job: ServiceJob;
  readonly instance: number;
  readonly ports: Readonly<Record<string, number>>;
  /** The instance's own directory. */
  readonly folder: string;
  readonly fixed: FixedWorld;
  readonly runPath: string;
}

export interface InstanceWorld {
  readonly world: World;
  /** Absolute path of the file into which the command writes its pid. */
  readonly pidFile?: string;
  readonly expand: (command: Command) => Command;
}

export function instanceWorld(request: InstanceRequest): InstanceWorld {
  const { job, instance, ports, folder, fixed, runPath } = request;
  const workingDirectory = job.workingDirectory ?? folder;
  const known = { name: job.slug, instance, ports };
  const pidFile =
    job.service?.pidFile === undefined ? undefined : below(workingDirectory, expand(job.service.pidFile, known));
  const facts: InstanceFacts = { ...known, ...defined({ pidFile }) };
  const environment = {
    JOB_NAME: job.slug,
    JOB_INSTANCE: String(instance),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [portVariable(name), String(port)])),
    ...Object.fromEntries(Object.entries(job.environment).map(([name, value]) => [name, expand(value, facts)])),
  };
  return {
    world: worldOf({ job: { ...job, environment, workingDirectory }, fixed, runPath, isDirectory: () => true }),
    ...defined({ pidFile }),
    expand: (command) => expandCommand(command, facts),
  };
}

/**
 * Replaces placeholders after the line has been split into words, so that a value never becomes
 * several words.
 */
function expandCommand({ text, words }: Command, facts: InstanceFacts): Command {
  const [program, ...rest] = words.map((word) => expand(word, facts));
  return { text: expand(text, facts), words: [program ?? '', ...rest] };
}

function below(directory: string, file: string): string {
  return file.startsWith('/') ? file : `${directory}/${file}`;
}
