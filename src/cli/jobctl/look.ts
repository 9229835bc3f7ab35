/** `jobctl status` and `jobctl history`. */
import type { Config } from '../../config/config.ts';
import { historyText } from '../../report/history-text.ts';
import { jobDetails, jobLines, standingCode } from '../../report/job-text.ts';
import { timeText } from '../../report/time-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { hostZone } from '../../system/zone.ts';
import { print, say, sayProblems } from '../parts/output.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

const usualLines = 20;

export function status(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'all');
  if (!chosen.ok) return chosen.exitCode;
  const { jobs, slugs } = chosen;
  const format = timeText(hostZone());
  if (options.json) {
    for (const slug of slugs) if (!print(`${JSON.stringify(jobs.snapshot(slug) ?? null)}\n`)) break;
    return 0;
  }
  const snapshots = slugs.flatMap((slug) => jobs.snapshot(slug) ?? []);
  const [only] = snapshots;
  if (options.name !== undefined && only !== undefined) {
    print(jobDetails(only, format));
    return standingCode(only);
  }
  sayProblems(jobs.strays);
  print(jobLines(snapshots, format));
  return snapshots.some((job) => standingCode(job) === 1) ? 1 : 0;
}

export function history(options: Options, config: Config): number {
  const count = Number(options.lines ?? usualLines);
  if (!Number.isInteger(count) || count < 1) {
    say('jobctl', `--lines must be a whole number, found "${options.lines}"`);
    return exitCodes.usage;
  }
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const [slug = ''] = chosen.slugs;
  const runs = chosen.jobs.runs(slug).slice(-count);
  if (options.json) print(runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
  else if (runs.length === 0) say('jobctl', `${slug} has never run`);
  else print(historyText(runs, timeText(hostZone())));
  return 0;
}
