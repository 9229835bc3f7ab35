/** `jobctl status`. */
import type { Config } from '../../config/config.ts';
import { commonWarnings } from '../../report/clock/installed.ts';
import { jobStateCode } from '../../report/state.ts';
import { isBroken, jobDetails, jobLines } from '../../report/text/job.ts';
import { hostZone } from '../../system/time/zones.ts';
import { timeText } from '../../zone/wall-time.ts';
import { warnOfCronZone } from '../crontab/cron-zone.ts';
import { print, say } from '../frame/output.ts';
import { timesOf } from '../report/times.ts';
import { type Chosen, chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';

export function status(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'all', { times: timesOf(config) });
  if (!chosen.ok) return chosen.exitCode;
  return options.json ? printJson(options, chosen) : printText(options, chosen);
}

type Shown = Extract<Chosen, { ok: true }>;

function printText({ name }: Options, { jobs, slugs }: Shown): number {
  const format = timeText(hostZone());
  const snapshots = slugs.flatMap((slug) => jobs.snapshot(slug) ?? []);
  const [only] = snapshots;
  if (name !== undefined && only !== undefined) print(jobDetails(only, format));
  else {
    print(jobLines(snapshots, format));
    for (const words of commonWarnings(snapshots.map((job) => (isBroken(job) ? undefined : job.clock))))
      say('jobctl', words);
  }
  warnOfCronZone();
  return codeOf(name, snapshots.map(jobStateCode));
}

/** One job after the other, so that thousands need no more memory than one. */
function printJson({ name }: Options, { jobs, slugs }: Shown): number {
  const codes = new Set<number>();
  for (const slug of slugs) {
    const job = jobs.snapshot(slug);
    if (job !== undefined) codes.add(jobStateCode(job));
    if (!print(`${JSON.stringify(job ?? null)}\n`)) break;
  }
  return codeOf(name, [...codes]);
}

/** The code of the one job that was named; of several, 1 when one of them has failed. */
function codeOf(name: string | undefined, codes: readonly number[]): number {
  const [only] = codes;
  if (name !== undefined && only !== undefined) return only;
  return codes.includes(1) ? 1 : 0;
}
