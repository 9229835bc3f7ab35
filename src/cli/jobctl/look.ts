/** `jobctl status` and `jobctl history`. */
import type { Config } from '../../config/config.ts';
import { entryMs, type HistoryEntry, historyText } from '../../report/history-text.ts';
import { jobDetails, jobLines, standingCode } from '../../report/job-text.ts';
import { timeText } from '../../report/time-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { hostZone } from '../../system/zones.ts';
import { print, say } from '../parts/output.ts';
import { timesOf } from '../parts/times.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

const usualLines = 20;

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
  const { jobs, slugs } = chosen;
  const entries = slugs.flatMap((slug) => jobs.entries(slug).slice(-count));
  const latest = entries.sort((a, b) => entryMs(a) - entryMs(b)).slice(-count);
  if (options.json) print(latest.map((entry) => `${JSON.stringify(entryValue(entry))}\n`).join(''));
  else if (latest.length === 0) say('jobctl', `${slugs.join(', ')} has never run`);
  else print(historyText(latest, { formatTime: timeText(hostZone()), named: options.tag !== undefined }));
  return 0;
}

/** A run as it was printed before there were other entries, with the name of its job. */
function entryValue(entry: HistoryEntry): unknown {
  return entry.is === 'run' ? { job: entry.job, ...entry.run } : { job: entry.job, ...entry.step };
}
