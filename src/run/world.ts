/** The world a job wakes up in: its environment, directory, limits and command lines, the same whoever started it. */
import type { Command } from '../job/command.ts';
import type { Job, Limits } from '../job/job.ts';
import type { Programs, User } from '../system/system.ts';

const limitOptions: { readonly [L in keyof Limits]-?: string } = {
  nofile: '--nofile',
  fileSize: '--fsize',
  cpu: '--cpu',
  processes: '--nproc',
  addressSpace: '--as',
};

/** For a caller without PATH; what Debian's cron gives its jobs. */
const defaultPath = '/usr/bin:/bin';

/** Marks every process of a run; a sub-job's run appends its own id, so that a parent's kill finds it. */
export const runIdVariable = 'PROCESS_CONTROL_RUN_ID';

export interface WorldRequest {
  readonly job: Pick<Job, 'environment' | 'workingDirectory'>;
  readonly user: User;
  readonly inherited: Readonly<Record<string, string | undefined>>;
  /** The parent's id and a slash come first when another run started this one. */
  readonly runPath: string;
  readonly isDirectory: (path: string) => boolean;
}

export interface World {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/**
 * What run-job inherited, less what is Node's and ours and where the caller was; then who and where the job is; then what the job file adds.
 */
export function worldOf({ job, user, inherited, runPath, isDirectory }: WorldRequest): World {
  const kept = Object.entries(inherited).filter(
    (pair): pair is [string, string] =>
      pair[1] !== undefined && !/^(?:(?:NODE|PROCESS_CONTROL)_|OLDPWD$)/.test(pair[0]),
  );
  const workingDirectory = job.workingDirectory ?? (isDirectory(user.home) ? user.home : '/');
  const environment = {
    PATH: defaultPath,
    ...Object.fromEntries(kept),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
    // The launcher's shell has set it to the directory of the caller.
    PWD: workingDirectory,
    ...job.environment,
    [runIdVariable]: runPath,
  };
  return { environment, workingDirectory };
}

export type ArgvAnswer =
  | { readonly is: 'ready'; readonly argv: readonly [string, ...string[]] }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };

/**
 * The command's program as an absolute path, behind the programs that set its limits and niceness.
 * It is looked up here so that a name never means a builtin of some shell, and a missing one is found before anything starts.
 */
export function argvOf(
  command: Command,
  job: Pick<Job, 'nice' | 'limits'>,
  world: World,
  programs: Programs,
): ArgvAnswer {
  const [name, ...args] = command.words;
  const found = programs.find(name, world.environment.PATH ?? defaultPath, world.workingDirectory);
  if (found.is === 'missing') return found;
  return {
    is: 'ready',
    argv: [...limitPrefix(job.limits), ...nicePrefix(job.nice), found.path, ...args] as [string, ...string[]],
  };
}

function limitPrefix(limits: Limits): readonly string[] {
  const options = Object.entries(limits).map(([limit, value]) => `${limitOptions[limit as keyof Limits]}=${value}`);
  return options.length === 0 ? [] : ['/usr/bin/prlimit', ...options, '--'];
}

function nicePrefix(nice: number | undefined): readonly string[] {
  return nice === undefined || nice === 0 ? [] : ['/usr/bin/nice', '-n', String(nice)];
}
