/** The world a job wakes up in: its environment, directory, limits and command lines, the same whoever started it. */
import type { Command } from '../../job/command.ts';
import type { Job, KernelLimits } from '../../job/job.ts';
import type { Programs } from '../../system/types/process.ts';
import type { Locale, User } from '../../system/types/user.ts';
import { hiddenByPrivateTmp, privateTmpPrefix, privateTmpTrial } from './private-tmp.ts';

const limitOptions: { readonly [L in keyof KernelLimits]-?: string } = {
  nofile: '--nofile',
  fileSize: '--fsize',
  cpu: '--cpu',
  processes: '--nproc',
  addressSpace: '--as',
};

/** Marks every process of a run; a sub-job's run appends its own id, so that a parent's kill finds it. */
export const runIdVariable = 'PROCESS_CONTROL_RUN_ID';

/** What every job of this machine starts from, whoever starts it. */
export interface FixedWorld {
  readonly user: User;
  /** `path` of the configuration. */
  readonly searchPath: string;
  readonly locale: Locale;
  /** `pass_environment` of the configuration: names that come from the caller for every job. */
  readonly passEnvironment: readonly string[];
  /** The environment of the caller: a person, cron, another job. */
  readonly callers: Readonly<Record<string, string | undefined>>;
}

export interface WorldRequest {
  readonly job: Pick<Job, 'environment' | 'passEnvironment' | 'workingDirectory'>;
  readonly fixed: FixedWorld;
  /** The parent's id and a slash come first when another run started this one. */
  readonly runPath: string;
  readonly isDirectory: (path: string) => boolean;
}

export interface World {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** The configuration's environment, then what the job lets through from the caller, then who the job is, then what its file adds. */
export function worldOf({ job, fixed, runPath, isDirectory }: WorldRequest): World {
  const workingDirectory = job.workingDirectory ?? homeOf(fixed.user, isDirectory);
  const passed = [...fixed.passEnvironment, ...job.passEnvironment].flatMap((name) => {
    const value = fixed.callers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const environment = {
    ...{ ...localeAndPath(fixed), ...Object.fromEntries(passed), ...identity(fixed.user) },
    PWD: workingDirectory,
    ...job.environment,
    [runIdVariable]: runPath,
  };
  return { environment, workingDirectory };
}

/** The world of a program that belongs to no run, such as the `command` of a notice; nothing of the caller's reaches it. */
export function bareWorld(
  fixed: Omit<FixedWorld, 'passEnvironment' | 'callers'>,
  isDirectory: WorldRequest['isDirectory'],
): World {
  const workingDirectory = homeOf(fixed.user, isDirectory);
  return { environment: { ...localeAndPath(fixed), ...identity(fixed.user), PWD: workingDirectory }, workingDirectory };
}

function localeAndPath({ locale, searchPath }: Pick<FixedWorld, 'locale' | 'searchPath'>) {
  return { ...locale.variables, PATH: searchPath };
}

/** SHELL is not that of passwd: with nologin there, each ProxyCommand of ssh(1) and each :! of an editor would fail. */
function identity({ home, name }: User) {
  return { HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/sh' };
}

function homeOf({ home }: User, isDirectory: WorldRequest['isDirectory']): string {
  return isDirectory(home) ? home : '/';
}

export type ArgvAnswer =
  | {
      readonly is: 'ready';
      readonly argv: readonly [string, ...string[]];
      /** Fails where the host can't give the job what it asks for; absent when it asks for nothing special. */
      readonly trial?: readonly [string, ...string[]];
    }
  | { readonly is: 'missing'; readonly reason: string; readonly exitCode: 126 | 127 };

/**
 * The command's program as an absolute path, behind the programs that set its limits and niceness.
 * It is looked up here so that a name never means a builtin of some shell, and a missing one is found before anything starts.
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

/** Last of all, so that it is only the job which can't gain rights. */
function privilegesPrefix({ noNewPrivileges }: Pick<Job, 'noNewPrivileges'>): readonly string[] {
  return noNewPrivileges ? ['/usr/bin/setpriv', '--no-new-privs', '--'] : [];
}

function nicePrefix(nice: number | undefined): readonly string[] {
  return nice === undefined || nice === 0 ? [] : ['/usr/bin/nice', '-n', String(nice)];
}
