/** Loads the configuration that holds for the caller. */
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { files } from '../../system/file/files.ts';
import type { Files } from '../../system/types/file.ts';
import { caller } from '../../system/user/caller.ts';
import { users } from '../../system/user/users.ts';
import type { Result } from '../../text/problem.ts';

/** `configFile` is what `--config` names; `reader` reads the files. */
export function loadSetting(configFile: string | undefined, reader: Files = files): Result<Config> {
  return loadConfig({ files: reader, users, caller }, { named: configFile, ...ownRunner() });
}

/** The launcher's place decides which run-job a crontab calls, so that a checkout calls its own. */
function ownRunner(): { readonly runnerPath?: string } {
  const launcher = process.env.PROCESS_CONTROL_LAUNCHER;
  return launcher === undefined ? {} : { runnerPath: path.resolve(launcher, '../run-job') };
}
