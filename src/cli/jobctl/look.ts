/** `jobctl status`. */
import type { Config } from '../../config/config.ts';
import { commonWarnings } from '../../report/installed.ts';
import { isBroken, jobDetails, jobLines, standingCode } from '../../report/job-text.ts';
import { timeText } from '../../report/time-text.ts';
import { hostZone } from '../../system/zones.ts';
import { print, say } from '../parts/output.ts';
import { timesOf } from '../parts/times.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

export function status(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'all', timesOf(config));
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
  print(jobLines(snapshots, format));
  for (const words of commonWarnings(snapshots.map((job) => (isBroken(job) ? undefined : job.clock))))
    say('jobctl', words);
  return snapshots.some((job) => standingCode(job) === 1) ? 1 : 0;
}
