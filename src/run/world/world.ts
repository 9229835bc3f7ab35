/** The environment and directory of a job: the same whoever started it. */
import type { Job } from '../../job/job.ts';
import type { Locale, User } from '../../system/types/user.ts';

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
