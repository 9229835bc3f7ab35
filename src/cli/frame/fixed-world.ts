/** The part of a job's world that is the same for all jobs of this host. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { ownPlaceVariables } from '../../config/sources.ts';
import type { FixedWorld } from '../../run/world/world.ts';
import { hostLocale } from '../../system/user/locale.ts';

export function fixedWorld({ serviceUser, searchPath, passEnvironment, embedded }: Config): FixedWorld {
  return {
    user: serviceUser,
    searchPath,
    locale: hostLocale(),
    // A job that starts another job must find the same configuration again; the crontab sets these
    // variables, too.
    passEnvironment: embedded ? [...ownPlaceVariables, ...passEnvironment] : passEnvironment,
    callers: process.env,
  };
}
