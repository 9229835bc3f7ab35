/** The facts about a run that a message is worded from. */
import { triggerWords } from '../report/text/history.ts';
import type { HistoryEvent, Streak } from '../run/history/event.ts';
import { outcomeOf, type RunRecord } from '../run/history/run-record.ts';
import { outcomeWords } from '../run/outcome/outcome.ts';
import { defined } from '../text/defined.ts';
import type { QueuedRun } from './outbox/queued-run.ts';

/** Times are milliseconds since 1970. */
export interface RunReport {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly host: string;
  /**
   * Follows the job's name in a sentence: "failed with exit code 3", "timed out after 10 minutes".
   */
  readonly outcome: string;
  /** Follows "started": "by the clock", "by ada". */
  readonly trigger: string;
  readonly runId: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** This run included. */
  readonly failuresInARow: number;
  readonly failingSinceMs?: number;
  /** Absent when the history has no success. */
  readonly lastSuccessMs?: number;
  /** Warnings about the run. */
  readonly remarks: readonly string[];
  /** The last output, of any length; empty when there was none. */
  readonly tail: string;
  /** Absent when the run has no log. */
  readonly logPath?: string;
  /** The reason why the job is paused now. */
  readonly pause?: string;
}

/** An event of a run, and what is known about the run. */
export interface ReportedEvent {
  readonly event: HistoryEvent;
  /** This run if it is in the queue, else a run of the same job. */
  readonly queued: QueuedRun;
  /** The run in the history. */
  readonly record: RunRecord | undefined;
  /** After this event. */
  readonly streak: Streak;
  /** The last lines of output in a log; empty if there is none. */
  readonly endOfLog: (path: string) => string;
}

export function reportOf(
  { event, queued, record, streak, endOfLog }: ReportedEvent,
  { failuresInARow, warnings }: { readonly failuresInARow: number; readonly warnings: readonly string[] },
): RunReport {
  const own = queued.run === event.run ? queued : undefined;
  // The history hides values of a private job file; the recipients may know them.
  const outcome = own?.outcome ?? outcomeOf(event);
  const logPath = own?.logPath ?? record?.logPath;
  // A run that was killed left no output in the queue; its log has it.
  const tailOfKilled = outcome === undefined || logPath === undefined ? '' : endOfLog(logPath);
  return {
    ...{ slug: queued.slug, name: queued.name, host: queued.host, runId: event.run },
    outcome: outcome === undefined ? 'has started' : outcomeWords(outcome),
    trigger: triggerWords(own?.trigger ?? record?.trigger) ?? '',
    startedMs: own?.startedMs ?? record?.startedMs ?? event.atMs,
    endedMs: event.atMs,
    failuresInARow,
    remarks: [...new Set([...(own?.remarks ?? []), ...warnings])],
    tail: own?.phase === 'ended' ? own.tail : tailOfKilled,
    ...defined({
      description: queued.description,
      failingSinceMs: streak.failingSinceMs,
      lastSuccessMs: streak.lastSuccessMs,
      logPath,
      pause: own?.pause,
    }),
  };
}
