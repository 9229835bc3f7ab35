/** The programs that job-scheduler has started and that have not ended. */
import type { ChildProcess } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import type { SchedulerEvent } from '../../../crontab/scheduler/event.ts';
import { type Started, startQueue } from '../../../crontab/scheduler/start-queue.ts';
import type { TableLine } from '../../../crontab/scheduler/table.ts';
import { clock } from '../../../system/time/clock.ts';
import type { Lines } from './load.ts';
import { startLine } from './start-line.ts';

export interface Runs {
  start(line: TableLine): Promise<void>;
  /** Drops what waits for its start. */
  dropWaiting(): void;
  count(): number;
  /** Asks each run-job to end its run. */
  end(): void;
  /** Resolves when none is left. */
  ended(): Promise<void>;
}

export interface RunsHost {
  readonly lines: () => Lines;
  readonly tell: (event: SchedulerEvent) => void;
  readonly jobOutput: boolean;
  readonly maxStarts: number;
}

export const usualMaxStarts = os.availableParallelism() * 4;

export function schedulerRuns(host: RunsHost): Runs {
  const living = new Set<ChildProcess>();
  let onEmpty = () => {};
  const start = (line: TableLine): Started => {
    const begun = startOne(line, host);
    living.add(begun.child);
    void begun.ended.then(() => {
      living.delete(begun.child);
      if (living.size === 0) onEmpty();
    });
    return begun;
  };
  const queue = startQueue(host.maxStarts, start);
  return {
    start: (line) => queue.add(line),
    dropWaiting() {
      for (const line of queue.drop())
        host.tell({ event: 'not-started', job: titleOf(line), reason: 'job-scheduler is to stop' });
    },
    count: () => living.size,
    end() {
      for (const { pid } of living) if (pid !== undefined) signal(pid);
    },
    ended: () =>
      living.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onEmpty = resolve;
          }),
  };
}

function signal(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // ESRCH: it has just ended.
  }
}

/** The job, or the flag of a line about all jobs. */
function titleOf({ slug, command }: TableLine): string {
  return slug ?? (/ (--[\w-]+)/.exec(command)?.[1] || command);
}

function startOne(line: TableLine, { lines, tell, jobOutput }: RunsHost) {
  const { table, config } = lines();
  const job = titleOf(line);
  const beganMs = clock.monotonicMs();
  const started = startLine({
    ...{ line, settings: table.settings, user: config.serviceUser, jobOutput },
    onOutput: (stream, text) => tell({ event: 'output', job, stream, text }),
  });
  const { pid } = started.child;
  // The lines about all jobs come every minute.
  const isTold = line.slug !== undefined && !line.due;
  if (pid !== undefined && isTold) tell({ event: 'started', job, pid });
  const ended = started.ended.then((end) => {
    if ('reason' in end) tell({ event: 'not-started', job, reason: end.reason });
    else if (pid !== undefined && (isTold || end.exitCode !== 0))
      tell({ event: 'ended', job, pid, exitCode: end.exitCode, ms: clock.monotonicMs() - beganMs });
  });
  return { child: started.child, begun: started.begun, ended };
}
