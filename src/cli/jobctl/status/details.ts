/** Everything about one job or service, and how the log of what has failed ends. */
import type { Config } from '../../../config/config.ts';
import { isFailing, lastWordsText } from '../../../report/text/failing.ts';
import {
  type AnySnapshot,
  factLines,
  isBroken,
  type JobFact,
  jobDetails,
  noticeWarnings,
} from '../../../report/text/job.ts';
import { serviceDetails } from '../../../report/text/service.ts';
import { foldedFacts, paintedFact } from '../../../report/text/terminal/facts.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { printableText } from '../../../text/printable.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { print, printBytes, terminalColumns } from '../../frame/output.ts';
import { failedLog, lastWordsOf } from '../../report/last-words.ts';
import { ofTerminal } from '../frame/terminal.ts';

/** All that is known, one fact a line. */
export function detailsText(job: AnySnapshot, config: Config): string {
  return `${factsText(job)}${failureText(job, config)}`;
}

/** `more`: facts that only this answer has. */
export function printDetails(job: AnySnapshot, config: Config, more: readonly JobFact[] = []): void {
  printFacts(`${factsText(job)}${factLines(more)}`, failureText(job, config));
}

/** Prints facts, at a terminal folded and coloured, and below them lines of a log, which are as wide as they are. */
export function printFacts(facts: string, log: string): void {
  const { terminal } = ofTerminal();
  const { columns } = terminalColumns();
  if (terminal === undefined || columns === undefined) {
    print(`${facts}${log}`);
    return;
  }
  const lines = foldedFacts(printableText(facts), columns).map((line) => paintedFact(line, terminal));
  printBytes(Buffer.from(`${lines.join('\n')}${printableText(log)}`));
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
