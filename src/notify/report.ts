/** Gathers what a message tells about a finished run. */
import { triggerWords } from '../report/text/history.ts';
import type { Trigger } from '../run/history/event.ts';
import { mailedFailures } from '../run/history/history.ts';
import type { RunResult } from '../run/history/record.ts';
import { outcomeWords } from '../run/outcome/outcome.ts';

/** Times are milliseconds since 1970. */
export interface RunReport {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly host: string;
  /** Follows the job's name in a sentence: "failed with exit code 3", "timed out after 10 minutes". */
  readonly outcome: string;
  /** Follows "started": "by the clock", "by ada". */
  readonly trigger: string;
  readonly runId: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** This run included. */
  readonly failuresInARow: number;
  readonly failingSinceMs?: number;
  /** Absent when the history knows of none. */
  readonly lastSuccessMs?: number;
  /** What went wrong beside the job itself. */
  readonly remarks: readonly string[];
  /** The last output, of any length; empty when there was none. */
  readonly tail: string;
  /** Absent when the run never came to have a log. */
  readonly logPath?: string;
  /** Why the job is paused now. */
  readonly pause?: string;
}

export interface ReportedRun {
  readonly job: { readonly slug: string; readonly name: string; readonly description?: string };
  readonly run: string;
  readonly trigger: Trigger;
  readonly host: string;
}

export function reportRun({ job, run, trigger, host }: ReportedRun, result: RunResult): RunReport {
  const { startedMs, endedMs, tail, history, logPath, warnings } = result;
  const { failingSinceMs, lastSuccessMs } = history.streak;
  return {
    slug: job.slug,
    name: job.name,
    ...(job.description === undefined ? {} : { description: job.description }),
    ...{
      host,
      runId: run,
      startedMs,
      endedMs,
      tail,
      failuresInARow: mailedFailures(history.streak),
      remarks: warnings,
    },
    outcome: outcomeWords(result.outcome),
    trigger: triggerWords(trigger) ?? '',
    ...(failingSinceMs === undefined ? {} : { failingSinceMs }),
    ...(lastSuccessMs === undefined ? {} : { lastSuccessMs }),
    ...(logPath === undefined ? {} : { logPath }),
  };
}
