/**
 * `jobctl failed`: lists the jobs and services that are failing now. It exits with 1 if there are
 * any, or if a history can't be read.
 */
import type { Config } from '../../config/config.ts';
import { hiddenWords } from '../../report/snapshot.ts';
import { failingText, isFailing, type LastWords } from '../../report/text/failing.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { timeText } from '../../zone/wall-time.ts';
import { print, say, terminalColumns } from '../frame/output.ts';
import { failedLog, lastWordsOf } from '../report/last-words.ts';
import { chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';

export function failed(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'all', { instances: true });
  if (!chosen.ok) return chosen.exitCode;
  const { jobs, slugs } = chosen;
  const view = { formatTime: timeText(hostZone()), nowMs: clock.nowMs(), ...terminalColumns() };
  let count = 0;
  let isAllKnown = true;
  for (const job of jobs.snapshots(slugs)) {
    const hidden = isBroken(job) ? undefined : hiddenWords(job.historyHidden);
    if (hidden !== undefined) say('jobctl', `${job.slug}: ${hidden}`);
    isAllKnown &&= hidden === undefined;
    if (!isFailing(job)) continue;
    count += 1;
    const words = lastWords(job, config);
    const said = words !== undefined && 'lines' in words ? words.lines : [];
    const text = options.json ? `${JSON.stringify({ ...job, lastWords: said })}\n` : failingText(job, words, view);
    if (!print(text)) break;
  }
  if (!isAllKnown) return 1;
  if (count === 0 && !options.json) print(slugs.length === 1 ? `${slugs[0]} is not failing\n` : 'no job is failing\n');
  return count === 0 ? 0 : 1;
}

function lastWords(job: AnySnapshot, config: Config): LastWords | undefined {
  if (isBroken(job)) return undefined;
  return lastWordsOf(failedLog(job), `jobctl failed ${job.slug}`, config);
}
