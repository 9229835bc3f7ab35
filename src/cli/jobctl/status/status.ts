/** `jobctl status`: the state of all jobs as a table, or everything about one. */
import { hostname } from 'node:os';
import type { Config } from '../../../config/config.ts';
import { commonWarnings } from '../../../report/clock/installed.ts';
import { jobStateCode } from '../../../report/state.ts';
import { isFailing, lastWordsText } from '../../../report/text/failing.ts';
import { type AnySnapshot, isBroken, jobDetails, listedJob } from '../../../report/text/job.ts';
import { listing } from '../../../report/text/listing.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { printableText } from '../../../text/printable.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { warnOfCronZone } from '../../crontab/cron-zone.ts';
import { print, printBytes, say } from '../../frame/output.ts';
import { failedLog, lastWordsOf } from '../../report/last-words.ts';
import { timesOf } from '../../report/times.ts';
import { type Chosen, chooseJobs } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { ofTerminal, terminalStyle } from '../frame/terminal.ts';
import { watchJobs } from './watch.ts';

export function status(options: Options, config: Config): Promise<number> | number {
  const chosen = chooseJobs(options, config, 'all', { times: timesOf(config) });
  if (!chosen.ok) return chosen.exitCode;
  if (options.watch) return watchStatus(options, config);
  if (options.json) return printJson(options, chosen);
  const [name] = options.name === undefined ? [] : chosen.slugs;
  return name === undefined ? printListing(chosen) : printDetails(name, chosen, config);
}

type Shown = Extract<Chosen, { ok: true }>;

function printListing({ jobs, slugs }: Shown): number {
  const formatTime = timeText(hostZone());
  const snapshots = slugs.flatMap((slug) => jobs.snapshot(slug) ?? []);
  const rows = snapshots.map((job) => listedJob(job, formatTime));
  // Every cell has been made printable; what steers the terminal is our own.
  printBytes(Buffer.from(listing(rows, { nowMs: clock.nowMs(), formatTime, ...ofTerminal() })));
  for (const words of commonWarnings(snapshots.map((job) => (isBroken(job) ? undefined : job.clock))))
    say('jobctl', words);
  warnOfCronZone();
  return codeOf(undefined, snapshots.map(jobStateCode));
}

function printDetails(name: string, { jobs }: Shown, config: Config): number {
  const job = jobs.snapshot(name);
  if (job === undefined) return exitCodes.internal;
  print(detailsText(job, config));
  warnOfCronZone();
  return jobStateCode(job);
}

/** The facts about a job, and the end of the log of a failed run. */
function detailsText(job: AnySnapshot, config: Config): string {
  const details = jobDetails(job, timeText(hostZone()));
  if (!isFailing(job) || isBroken(job)) return details;
  const words = lastWordsOf(failedLog(job), `jobctl status ${job.slug}`, config);
  return words === undefined ? details : `${details}\n${lastWordsText(words)}`;
}

function watchStatus(options: Options, config: Config): Promise<number> {
  const formatTime = timeText(hostZone());
  /** A job file may come, change or go at any time, and so may a pause. */
  const look = () => chooseJobs(options, config, 'all', { times: timesOf(config) });
  return watchJobs({
    jobs() {
      const chosen = look();
      if (!chosen.ok) return [];
      return chosen.slugs.flatMap((slug) => chosen.jobs.snapshot(slug) ?? []).map((job) => listedJob(job, formatTime));
    },
    details(slug) {
      const chosen = look();
      const job = chosen.ok ? chosen.jobs.snapshot(slug) : undefined;
      return job === undefined ? [`${slug} is gone`] : printableText(detailsText(job, config)).split('\n');
    },
    options: () => ({ nowMs: clock.nowMs(), formatTime, host: hostname() }),
    style: terminalStyle(),
  });
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
