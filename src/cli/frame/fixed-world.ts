/** Builds the world that every job of this machine starts from. */
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
    // A job that starts another job must find the same configuration again; the crontab says these variables too.
    passEnvironment: embedded ? [...ownPlaceVariables, ...passEnvironment] : passEnvironment,
    callers: process.env,
  };
}
