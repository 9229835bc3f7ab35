/**
 * The state of a host at one instant: `jobctl metrics --json` prints it, and metrics are made from
 * it. Its schema is schema/snapshot.schema.json; within a version keys are only added.
 */
import type { BrokenJobSnapshot, JobSnapshot } from './snapshot.ts';

export interface HostSnapshot {
  readonly version: 1;
  readonly host: HostFacts;
  /** Jobs that begin and end. */
  readonly jobs: readonly (JobSnapshot | BrokenJobSnapshot)[];
  /** Jobs that are kept up. */
  readonly services: readonly (JobSnapshot | BrokenJobSnapshot)[];
}

export interface HostFacts {
  readonly name: string;
  /** When the state was read, milliseconds since 1970. */
  readonly atMs: number;
  /** The time that reading took, milliseconds. */
  readonly tookMs: number;
  /** IANA name of the host's time zone. */
  readonly timeZone: string;
  /** The version of process-control, and of the node that it runs on. */
  readonly version: string;
  readonly node: string;
  /** `unknown`: this caller can't see the processes of other users. */
  readonly cron: 'running' | 'stopped' | 'absent' | 'unknown';
  /** True when the installed crontab says what the job files say; absent where that is not known. */
  readonly isCrontabInSync?: boolean;
  readonly undeliveredNotices: number;
}
