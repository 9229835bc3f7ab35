/** Everything about one job or service, and how the log of what has failed ends. */
import type { Config } from '../../../config/config.ts';
import { isFailing, lastWordsText } from '../../../report/text/failing.ts';
import { type AnySnapshot, isBroken, jobDetails, noticeWarnings } from '../../../report/text/job.ts';
import { serviceDetails } from '../../../report/text/service.ts';
import { folded } from '../../../report/text/terminal/fold.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { failedLog, lastWordsOf } from '../../report/last-words.ts';

/** Facts are folded to `columns`; the lines of a log are as wide as they are. */
export function detailsText(job: AnySnapshot, config: Config, { columns }: { readonly columns?: number } = {}): string {
  const facts = factsText(job);
  return `${columns === undefined ? facts : foldedFacts(facts, columns)}${failureText(job, config)}`;
}

/** The column at which the values stand, behind their titles. */
const valueColumn = 20;

function foldedFacts(facts: string, columns: number): string {
  const indent = columns >= 3 * valueColumn ? valueColumn : 2;
  const lines = facts.split('\n').flatMap((line) => folded(line, columns, line.startsWith(' ') ? 4 : indent, 'kept'));
  return lines.join('\n');
}

function factsText(job: AnySnapshot): string {
  const formatTime = timeText(hostZone());
  if (isBroken(job) || job.service === undefined) return jobDetails(job, formatTime);
  const { unreadable } = job;
  return serviceDetails(job, job.service, {
    ...{ formatTime, nowMs: clock.nowMs(), unreadable },
    notices: noticeWarnings(job, formatTime),
  });
}

/** The last lines of the log of the run, or instance, that has failed; empty when nothing has. */
export function failureText(job: AnySnapshot, config: Config): string {
  if (!isFailing(job) || isBroken(job)) return '';
  // The instances that are up show that a DEGRADED service works; jobctl logs tells the rest.
  if (job.service !== undefined && job.service.state !== 'FAILED') return '';
  const words = lastWordsOf(failedLog(job), `jobctl status ${job.slug}`, config);
  return words === undefined ? '' : `\n${lastWordsText(words)}`;
}
