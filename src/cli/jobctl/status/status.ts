/** `jobctl status`: the state of all jobs as a table, or everything about one. */
import type { Config } from '../../../config/config.ts';
import { fleetFacts } from '../../../fleet/overview/job-text.ts';
import { commonWarnings } from '../../../report/clock/installed.ts';
import { jobStateCode } from '../../../report/state.ts';
import { isBroken } from '../../../report/text/job.ts';
import { listedJob } from '../../../report/text/job-row.ts';
import { type ListedJob, listing } from '../../../report/text/listing.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { warnOfCronZone } from '../../crontab/cron-zone.ts';
import { installCommand } from '../../crontab/installed.ts';
import { print, printBytes, say } from '../../frame/output.ts';
import { timesOf } from '../../report/times.ts';
import { evidenceOfFleet } from '../frame/fleet-evidence.ts';
import { chooseJobsOfFleet } from '../frame/fleet-jobs.ts';
import type { Chosen } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { ofTerminal } from '../frame/terminal.ts';
import { printDetails } from './details.ts';
import { watchStatus } from './watched.ts';

export async function status(options: Options, config: Config): Promise<number> {
  const chosen = await chooseJobsOfFleet(options, config, 'all', { times: timesOf(config) });
  if (!chosen.ok) return chosen.exitCode;
  if (options.watch) return watchStatus(options, config);
  if (options.json) return printJson(options, chosen);
  const [name] = options.name === undefined ? [] : chosen.slugs;
  return name === undefined ? printListing(chosen, config) : printOne(name, chosen, config);
}

type Shown = Extract<Chosen, { ok: true }>;

function printListing({ jobs, slugs }: Shown, config: Config): number {
  const formatTime = timeText(hostZone());
  const view = { nowMs: clock.nowMs(), formatTime, ...ofTerminal() };
  const command = installCommand(config);
  const rows: ListedJob[] = [];
  const warnings = new Set<string>();
  const codes = new Set<number>();
  // Of ten thousand snapshots, only what is shown is kept.
  for (const job of jobs.snapshots(slugs)) {
    rows.push(listedJob(job, formatTime));
    codes.add(jobStateCode(job));
    for (const words of isBroken(job) ? [] : commonWarnings([job.clock])) warnings.add(words);
  }
  const isBrief = view.terminal !== undefined && rows.filter((row) => namesCommand(row, command)).length > 1;
  const shown = isBrief ? rows.map((row) => ({ ...row, note: row.note.replaceAll(`: ${command}`, '') })) : rows;
  // Every cell has been made printable; what steers the terminal is our own.
  printBytes(Buffer.from(listing(shown, view)));
  if (isBrief) say('jobctl', `to bring the crontab up to date: ${command}`);
  for (const words of warnings) say('jobctl', words);
  warnOfCronZone();
  return codeOf(undefined, [...codes]);
}

/** At a terminal, a command that several rows end with is said once, below them. */
function namesCommand({ note }: ListedJob, command: string): boolean {
  return note.includes(`: ${command}`);
}

async function printOne(name: string, { jobs }: Shown, config: Config): Promise<number> {
  const job = jobs.snapshot(name);
  if (job === undefined) return exitCodes.internal;
  const fleet = await evidenceOfFleet(name, jobs.load(name), config);
  printDetails(job, config, fleet && fleetFacts(fleet, config.fleet?.host ?? '', timeText(hostZone())));
  warnOfCronZone();
  return jobStateCode(job);
}

/** One job after the other, so that thousands need no more memory than one. */
function printJson({ name }: Options, { jobs, slugs }: Shown): number {
  const codes = new Set<number>();
  for (const job of jobs.snapshots(slugs)) {
    codes.add(jobStateCode(job));
    if (!print(`${JSON.stringify(job)}\n`)) break;
  }
  return codeOf(name, [...codes]);
}

/** The code of the one job that was named; of several, 1 when one of them has failed. */
function codeOf(name: string | undefined, codes: readonly number[]): number {
  const [only] = codes;
  if (name !== undefined && only !== undefined) return only;
  return codes.includes(1) ? 1 : 0;
}
