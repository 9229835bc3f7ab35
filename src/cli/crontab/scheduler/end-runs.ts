/** The end of the runs that job-scheduler has started: it waits for them, then stops them. */
import type { SchedulerEvent } from '../../../crontab/scheduler/event.ts';
import type { Runs } from './runs.ts';
import type { StopSignals } from './stop.ts';

export interface RunsEnd {
  readonly stop: StopSignals;
  readonly drainSeconds: number;
  readonly tell: (event: SchedulerEvent) => void;
}

export async function endRuns(runs: Runs, { stop, drainSeconds, tell }: RunsEnd): Promise<void> {
  runs.dropWaiting();
  const signal = stop.signal();
  if (signal !== undefined) tell({ event: 'stopping', signal, runs: runs.count(), drainSeconds });
  await Promise.race([runs.ended(), stop.again(drainSeconds * 1000)]);
  if (runs.count() > 0) tell({ event: 'ending-runs', runs: runs.count() });
  runs.end();
  await runs.ended();
}
