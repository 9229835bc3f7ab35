/** `jobctl status`. */
import type { Config } from '../../config/config.ts';
import { jobDetails, jobLines } from '../../report/job-text.ts';
import { jobStateCode } from '../../report/state.ts';
import { timeText } from '../../schedule/wall-time.ts';
import { hostZone } from '../../system/zones.ts';
import { warnOfCronZone } from '../parts/cron-zone.ts';
import { print } from '../parts/output.ts';
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
    warnOfCronZone();
    return jobStateCode(only);
  }
  print(jobLines(snapshots, format));
  warnOfCronZone();
  return snapshots.some((job) => jobStateCode(job) === 1) ? 1 : 0;
}
