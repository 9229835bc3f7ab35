/** Which run this is and who started it. */
import type { Trigger } from './history/event.ts';

/** Set by the crontab's header; only a run started so is a tick of the clock. */
const triggerVariable = 'PROCESS_CONTROL_TRIGGER';

/** One element of a run path, and the path of the runs that led here: ids joined by slashes. */
const pathPattern = /^[\w.-]{1,100}(\/[\w.-]{1,100})*$/;

/** "20261122-103000-3f9a1c": sorts by time, and two in one second differ. */
export function newRunId(startedMs: number, random: string): string {
  const stamp = new Date(startedMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${random.slice(0, 8)}`;
}

/** The parent's path, then this run; a value that is no path of ours counts as absent. */
export function runPathOf(run: string, parentPath: string | undefined): string {
  return parentPath !== undefined && pathPattern.test(parentPath) ? `${parentPath}/${run}` : run;
}

export interface Starter {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly name: string;
  readonly runIdVariable: string;
}

/** The clock, a command of another run, or a person. */
export function triggerOf({ environment, uid, name, runIdVariable }: Starter): Trigger {
  if (environment[triggerVariable] === 'cron') return { by: 'clock' };
  const parentRun = environment[runIdVariable];
  if (parentRun !== undefined && pathPattern.test(parentRun)) return { by: 'job', parentRun };
  return { by: 'person', uid, name };
}
