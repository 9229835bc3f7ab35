/** What every program begins with: who calls, and the configuration that holds for them. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { files } from '../../system/files.ts';
import type { Caller } from '../../system/system.ts';
import { users } from '../../system/users.ts';
import type { Result } from '../../yaml/problem.ts';

export function caller(): Caller {
  const uid = process.getuid?.() ?? 0;
  return { uid, euid: process.geteuid?.() ?? uid, pid: process.pid, environment: process.env };
}

export function loadSetting(configFile: string | undefined): Result<Config> {
  return loadConfig({ files, users, caller: caller() }, configFile === undefined ? {} : { configFile });
}
