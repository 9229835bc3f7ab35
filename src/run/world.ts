/** The world a job wakes up in: its environment, directory, limits and command lines, the same whoever started it. */
import type { Programs, User } from '../system/system.ts';

/** What a run needs to know of its job. */
export interface RunnableJob {
  readonly slug: string;
  readonly name: string;
  readonly commands: readonly CommandLine[];
  readonly slowStartCommands?: readonly CommandLine[];
  /** 0 for none. */
  readonly timeoutSeconds: number;
  readonly killGraceSeconds: number;
  readonly allowOvertime: boolean;
  readonly leftovers: 'kill' | 'allow' | 'fail';
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly umask: number;
  readonly nice?: number;
  readonly limits: Limits;
  readonly sha256: string;
}

/** As it was written, and split into words. */
export interface CommandLine {
  readonly text: string;
  readonly argv: readonly [string, ...string[]];
}

/** Numbers as prlimit(1) takes them: bytes, seconds or counts. */
export interface Limits {
  readonly nofile?: number;
  readonly fileSizeBytes?: number;
  readonly cpuSeconds?: number;
  readonly processes?: number;
  readonly addressSpaceBytes?: number;
}

const limitOptions: { readonly [L in keyof Limits]-?: string } = {
  nofile: '--nofile',
  fileSizeBytes: '--fsize',
  cpuSeconds: '--cpu',
  processes: '--nproc',
  addressSpaceBytes: '--as',
};

/** For a caller without PATH; what Debian's cron gives its jobs. */
const defaultPath = '/usr/bin:/bin';

/** Marks every process of a run; a sub-job's run appends its own id, so that a parent's kill finds it. */
export const runIdVariable = 'PROCESS_CONTROL_RUN_ID';

export interface WorldRequest {
  readonly job: Pick<RunnableJob, 'environment' | 'workingDirectory'>;
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

/** What run-job inherited, less what is Node's and ours; then who the job is; then what the job file adds. */
export function worldOf({ job, user, inherited, runPath, isDirectory }: WorldRequest): World {
  const kept = Object.entries(inherited).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !/^(NODE|PROCESS_CONTROL)_/.test(pair[0]),
  );
  const environment = {
    PATH: defaultPath,
    ...Object.fromEntries(kept),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
    ...job.environment,
    [runIdVariable]: runPath,
  };
  const home = isDirectory(user.home) ? user.home : '/';
  return { environment, workingDirectory: job.workingDirectory ?? home };
}

export type ArgvAnswer =
  | { readonly is: 'ready'; readonly argv: readonly [string, ...string[]] }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };

/**
 * The command's program as an absolute path, behind the programs that set its limits and niceness.
 * It is looked up here so that a name never means a builtin of some shell, and a missing one is found before anything starts.
 */
export function argvOf(
  command: CommandLine,
  job: Pick<RunnableJob, 'nice' | 'limits'>,
  world: World,
  programs: Programs,
): ArgvAnswer {
  const [name, ...args] = command.argv;
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
