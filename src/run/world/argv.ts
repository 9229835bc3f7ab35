/**
 * The command line that runs a command of a job: its program by absolute path, behind the programs
 * that set its limits, niceness and rights.
 */
import type { Command } from '../../job/command.ts';
import type { Job, KernelLimits } from '../../job/job.ts';
import type { Programs } from '../../system/types/process.ts';
import { hiddenByPrivateTmp, privateTmpPrefix, privateTmpTrial } from './private-tmp.ts';
import type { World } from './world.ts';

const limitOptions: { readonly [L in keyof KernelLimits]-?: string } = {
  nofile: '--nofile',
  fileSize: '--fsize',
  cpu: '--cpu',
  processes: '--nproc',
  addressSpace: '--as',
};

export type ArgvAnswer =
  | {
      readonly is: 'ready';
      readonly argv: readonly [string, ...string[]];
      /**
       * A command that fails if the host can't give the job what it asks for; absent if it asks for
       * nothing special.
       */
      readonly trial?: readonly [string, ...string[]];
    }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };

/**
 * Returns the command line: the program as an absolute path, behind the programs that set its
 * limits and niceness. The program is looked up here, so a name never means a shell builtin and a
 * missing program is found before anything starts.
 */
export function argvOf(
  command: Command,
  job: Pick<Job, 'nice' | 'limits' | 'noNewPrivileges' | 'privateTmp'>,
  world: World,
  programs: Programs,
): ArgvAnswer {
  const [name, ...args] = command.words;
  const found = programs.find(name, world.environment.PATH ?? '', world.workingDirectory);
  if (found.is === 'missing') return found;
  const hidden = hiddenByPrivateTmp(job, world, found.path);
  if (hidden !== undefined) return { is: 'missing', reason: hidden, exitCode: 126 };
  const limited = [...limitPrefix(job.limits), ...nicePrefix(job.nice)];
  const hardened = [...(job.privateTmp ? privateTmpPrefix(world) : []), ...privilegesPrefix(job)];
  return {
    is: 'ready',
    argv: [...limited, ...hardened, found.path, ...args] as [string, ...string[]],
    ...(job.privateTmp && { trial: privateTmpTrial() }),
  };
}

function limitPrefix(limits: KernelLimits): readonly string[] {
  const options = Object.entries(limits).map(
    ([limit, value]) => `${limitOptions[limit as keyof KernelLimits]}=${value}`,
  );
  return options.length === 0 ? [] : ['/usr/bin/prlimit', ...options, '--'];
}

/** The last prefix, so that only the job itself can't gain rights. */
function privilegesPrefix({ noNewPrivileges }: Pick<Job, 'noNewPrivileges'>): readonly string[] {
  return noNewPrivileges ? ['/usr/bin/setpriv', '--no-new-privs', '--'] : [];
}

function nicePrefix(nice: number | undefined): readonly string[] {
  return nice === undefined || nice === 0 ? [] : ['/usr/bin/nice', '-n', String(nice)];
}
