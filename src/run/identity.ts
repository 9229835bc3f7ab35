/** Makes the id and path of a run and tells who started it. */
import type { Trigger } from './history/event.ts';

/**
 * The header of the crontab sets it to "cron"; only then does a start count as a tick of the clock.
 */
const triggerVariable = 'PROCESS_CONTROL_TRIGGER';

/** A run path: the ids of a run and of the runs that led to it, joined by slashes. */
const pathPattern = /^[\w.-]{1,100}(\/[\w.-]{1,100})*$/;

/**
 * Returns an id such as "20261122-103000-3f9a1c": ids sort by time, and two in one second differ.
 */
export function newRunId(startedMs: number, random: string): string {
  const stamp = new Date(startedMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${random.slice(0, 8)}`;
}

/** Returns the parent's path followed by this run. A value that is no run path counts as absent. */
export function runPathOf(run: string, parentPath: string | undefined): string {
  return parentPath !== undefined && pathPattern.test(parentPath) ? `${parentPath}/${run}` : run;
}

export interface Starter {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly name: string;
  readonly runIdVariable: string;
}

/** Returns the caller: the clock, a command of another run, or a person. */
export function triggerOf({ environment, uid, name, runIdVariable }: Starter): Trigger {
  if (environment[triggerVariable] === 'cron') return { by: 'clock' };
  const parentRun = environment[runIdVariable];
  if (parentRun !== undefined && pathPattern.test(parentRun)) return { by: 'job', parentRun };
  return { by: 'person', uid, name };
}
