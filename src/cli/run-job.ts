/**
 * run-job: runs one job as the service user, or shows and stops runs.
 * The forms that crontabs and sub-jobs use are read here. Everything else loads an option parser,
 * which costs more than the run itself.
 */
import { defined } from '../text/defined.ts';
import { runProgram } from './frame/output.ts';
import { type RunRequest, runNamed } from './run/run-named.ts';

export function main(args: readonly string[]): void {
  const request = quickRequest(args);
  runProgram('run-job', args, async () => {
    const ensure = roundOf('--ensure', args);
    if (ensure !== undefined) {
      const { ensureServices } = await import('./on-demand/ensure.ts');
      return ensureServices(ensure.configFile, args);
    }
    const catchUp = roundOf('--catch-up', args);
    if (catchUp !== undefined) {
      const { catchUpAll } = await import('./on-demand/catch-up.ts');
      return catchUpAll(catchUp.configFile, args);
    }
    if (request !== undefined) return runNamed(request, args);
    const { runJobWithOptions } = await import('./on-demand/run-job-options.ts');
    return runJobWithOptions(args, runNamed);
  });
}

/** A crontab line about all jobs: its flag alone, or with `--config FILE` before or behind it. */
function roundOf(flag: string, args: readonly string[]): { readonly configFile: string | undefined } | undefined {
  const rest = args.filter((arg) => arg !== flag);
  if (rest.length !== args.length - 1) return undefined;
  const [option, configFile] = rest;
  const isRound = rest.length === 0 || (rest.length === 2 && option === '--config' && isPlain(configFile));
  return isRound ? { configFile } : undefined;
}

/**
 * Reads `--job NAME`, `-j NAME`, `--job=NAME` or `NAME`, with `--config FILE`, `--due`, `--follow`
 * and `--slow-start`. Returns `undefined` for anything else.
 */
function quickRequest(args: readonly string[]): RunRequest | undefined {
  let slug: string | undefined;
  let configFile: string | undefined;
  let slowStart = false;
  let due = false;
  let follow = false;
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    const value = args[i + 1];
    if (arg === '--slow-start' || arg === '-w') slowStart = true;
    else if (arg === '--due') due = true;
    else if (arg === '--follow') follow = true;
    else if (arg === '--config' && isPlain(value) && configFile === undefined) configFile = args[++i];
    else if ((arg === '--job' || arg === '-j') && isPlain(value) && slug === undefined) slug = args[++i];
    else if (arg.startsWith('--job=') && isPlain(arg.slice(6)) && slug === undefined) slug = arg.slice(6);
    else if (isPlain(arg) && slug === undefined) slug = arg;
    else return undefined;
  }
  if (slug === undefined) return undefined;
  return {
    slug,
    slowStart,
    ...(due && { due }),
    ...(follow && { follow }),
    ...defined({ configFile }),
  };
}

function isPlain(arg: string | undefined): boolean {
  return arg !== undefined && arg !== '' && !arg.startsWith('-');
}
