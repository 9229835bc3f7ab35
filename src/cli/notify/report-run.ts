/**
 * Reports a run that is over: to the programs' own log, and through the queue to its recipients.
 */
import { privateValues, withoutValues } from '../../job/private-values.ts';
import type { RunResult } from '../../run/history/record.ts';
import { outcomeWords, statusOf } from '../../run/outcome/outcome.ts';
import { files } from '../../system/file/files.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import type { LogFields, OwnLog } from '../../system/types/own-log.ts';
import { defined } from '../../text/defined.ts';
import { queueEnd, type ReportedRun } from './queue-run.ts';

/** Called after the lock was released. Nothing here changes the outcome. */
export async function reportRun(result: RunResult, run: ReportedRun): Promise<void> {
  const log = createOwnLog({
    settings: run.config.logging,
    byTheClock: run.trigger.by === 'clock',
    load: () => import('../on-demand/winston-log.ts'),
  });
  logRun(result, run, log);
  await queueEnd(run, result, log);
  await log.close();
}

/** Hides private values: more people can read syslog than a private job file. */
function logRun(result: RunResult, { slug, run, job }: ReportedRun, log: OwnLog): void {
  const { outcome, warnings, logPath } = result;
  const values = job === undefined ? [] : privateValues(job, files);
  const level = statusOf(outcome) === 'failure' ? 'error' : 'info';
  const words = `${slug} ${withoutValues(outcomeWords(outcome), values)}`;
  log.note(level, words, { job: slug, run, ...defined({ log: logPath }) }, detailsOf(result));
  for (const warning of warnings) log.note('warn', `${slug}: ${warning}`, { job: slug, run });
}

function detailsOf({ outcome, exitCode, startedMs, endedMs }: RunResult): LogFields {
  return { event: 'run-ended', outcome: outcome.kind, exit_code: exitCode, duration_ms: endedMs - startedMs };
}
