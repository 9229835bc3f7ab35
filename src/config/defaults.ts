/** The values of keys that no configuration file has. */
import { type ConfigFile, configSchema } from './schema.ts';
import type { Own, Request } from './sources.ts';

export type Defaults = Required<
  Omit<ConfigFile, 'default_job_config' | 'fleet' | 'history' | 'log_retention' | 'logging' | 'mail' | 'web'>
>;

/**
 * Returns the schema's defaults, with the caller's directories in a process-control of the caller's
 * own.
 */
export function defaultsFor(own: Own | undefined, { runnerPath }: Request): Defaults {
  const written = Object.entries(configSchema.properties).flatMap(([key, schema]) =>
    'default' in schema ? [[key, schema.default] as const] : [],
  );
  const fromSchema = Object.fromEntries<unknown>(written) as Defaults;
  const runner = runnerPath === undefined ? {} : { runner_path: runnerPath };
  if (own === undefined) return { ...fromSchema, ...runner };
  return {
    ...fromSchema,
    ...runner,
    user: own.user.name,
    job_directory: `${own.configDirectory}/jobs`,
    output_crontab: `${own.configDirectory}/crontab`,
    output_directory: `${own.stateDirectory}/log`,
    run_directory: own.runDirectory,
    state_directory: own.stateDirectory,
    trusted_owners: ['root', own.user.name],
  };
}

/** Returns an absolute path without `.`, `..` and doubled or final slashes. */
export function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
