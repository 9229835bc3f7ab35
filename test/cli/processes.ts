/** Looks at the processes of runs from outside, by what /proc shows of their environment. */
import { commandLineOf, environmentOf, listProcesses, runIdsIn, variableIn } from '../../src/system/process/proc.ts';

export interface Members {
  /** Processes of the job itself. */
  readonly jobs: readonly number[];
  /** The small parents that run-job puts above its commands. */
  readonly reapers: readonly number[];
}

/** What lives of a run, the runs within it included. */
export function membersOf(run: string): Members {
  const jobs: number[] = [];
  const reapers: number[] = [];
  for (const { pid } of listProcesses()) {
    const environment = environmentOf(pid);
    if (environment === undefined || !runIdsIn(environment).includes(run)) continue;
    (variableIn(environment, 'PROCESS_CONTROL_WRAPPER') === undefined ? jobs : reapers).push(pid);
  }
  return { jobs, reapers };
}

/** Living processes with this word in their command line: the tag of escapes.pl. */
export function tagged(tag: string): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => commandLineOf(pid).split(' ').includes(tag));
}
