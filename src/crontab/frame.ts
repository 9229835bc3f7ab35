/**
 * Makes the values that all crontab lines share, or returns the settings that can't be in a
 * crontab.
 */
import type { Config } from '../config/config.ts';
import { ownPlaceVariables } from '../config/sources.ts';
import type { Problem, Result } from '../text/problem.ts';
import type { CrontabFrame } from './crontab.ts';
import { compileTemplate } from './template.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function crontabFrame(config: Config, environment: Environment): Result<CrontabFrame> {
  const answer = compileTemplate(config.cronTemplate);
  const named = config.namedFile === undefined ? undefined : config.sources[0];
  const messages = [
    ...('refused' in answer ? [`"cron_template": ${answer.refused}`] : []),
    ...wordProblem('"runner_path"', config.runnerPath),
    ...(named === undefined ? [] : wordProblem('the path of this file', named)),
  ];
  if ('refused' in answer || messages.length > 0) return { ok: false, problems: messages.map(problemIn(config)) };
  const { template } = answer;
  const value: CrontabFrame = {
    header: { directory: config.jobDirectory, searchPath: config.searchPath, ...places(config, environment) },
    template,
    user: config.serviceUser.name,
    runner: config.runnerPath,
    ...(config.fleet !== undefined && { fleet: config.fleet }),
    ...(named !== undefined && { config: named }),
  };
  return { ok: true, value, warnings: [] };
}

/**
 * The HOME and the settings of the header. Only in a process-control of the caller's own does the
 * configuration depend on HOME.
 */
function places({ embedded, serviceUser }: Config, environment: Environment) {
  if (!embedded) return { home: '/', settings: [] };
  const { HOME = '' } = environment;
  const settings = ownPlaceVariables.flatMap((name) =>
    environment[name]?.startsWith('/') ? [`${name}=${environment[name]}`] : [],
  );
  return { home: HOME.startsWith('/') ? HOME : serviceUser.home, settings };
}

/** Refuses a path that cron or sh would not read as one plain word. */
function wordProblem(title: string, path: string): string[] {
  if (/^\/[A-Za-z0-9._/=-]+$/.test(path)) return [];
  return [`${title} stands in the crontab: only letters, digits and . _ / = - may be in it, found ${path}`];
}

function problemIn({ sources }: Config): (message: string) => Problem {
  return (message) => ({ severity: 'error', file: sources.at(-1) ?? 'configuration', message });
}

/** Returns the reason why cron would not read a crontab of this path, if there is one. */
export function outputProblem(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    return `cron skips a file called "${name}": its name may have only letters, digits, "_" and "-"`;
  }
  // In cronie the whole path must fit into NAME_MAX.
  return path.length > 240 ? `cronie does not read a path of more than 240 characters: ${path}` : undefined;
}
