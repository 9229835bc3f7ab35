/** The environment and directory of a job, which are the same for every caller. */
import type { Job } from '../../job/job.ts';
import type { Locale, User } from '../../system/types/user.ts';
import { traceParentVariable } from './trace-parent.ts';

/**
 * Environment variable that marks every process of a run. The run of a sub-job appends its own id,
 * so the stop of its parent finds it.
 */
export const runIdVariable = 'PROCESS_CONTROL_RUN_ID';

/** The part of the environment that is the same for every job of this host. */
export interface FixedWorld {
  readonly user: User;
  /** The `path` key of the configuration. */
  readonly searchPath: string;
  readonly locale: Locale;
  /**
   * The `pass_environment` key of the configuration: variables that every job gets from its caller.
   */
  readonly passEnvironment: readonly string[];
  /** The environment of the caller: a person, cron, another job. */
  readonly callers: Readonly<Record<string, string | undefined>>;
}

export interface WorldRequest {
  readonly job: Pick<Job, 'environment' | 'passEnvironment' | 'workingDirectory'>;
  readonly fixed: FixedWorld;
  /** The id of the run, behind the ids of the runs that led to it. */
  readonly runPath: string;
  /** The trace of the run; absent for an instance of a service, which may live for months. */
  readonly traceParent?: string;
  readonly isDirectory: (path: string) => boolean;
}

export interface World {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/**
 * Builds the environment: the configuration's, then the variables that pass from the caller, then
 * those of the service user, then those of the job file.
 */
export function worldOf({ job, fixed, runPath, traceParent, isDirectory }: WorldRequest): World {
  const workingDirectory = job.workingDirectory ?? homeOf(fixed.user, isDirectory);
  const passed = [...fixed.passEnvironment, ...job.passEnvironment].flatMap((name) => {
    const value = fixed.callers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const environment = {
    ...localeAndPath(fixed),
    ...(traceParent !== undefined && { [traceParentVariable]: traceParent }),
    ...{ ...Object.fromEntries(passed), ...identity(fixed.user) },
    PWD: workingDirectory,
    ...job.environment,
    [runIdVariable]: runPath,
  };
  return { environment, workingDirectory };
}

/**
 * Builds the environment of a program that belongs to no run, such as the `command` of a notice. No
 * variable of the caller reaches it.
 */
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

/**
 * SHELL is /bin/sh and not the one in passwd: with nologin, each ProxyCommand of ssh(1) and each :!
 * of an editor would fail.
 */
function identity({ home, name }: User) {
  return { HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/sh' };
}

function homeOf({ home }: User, isDirectory: WorldRequest['isDirectory']): string {
  return isDirectory(home) ? home : '/';
}
