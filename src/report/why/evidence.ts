/** The evidence about one tick of one job: the answer is made from it. */
import type { FleetEvidence } from '../../fleet/overview/job-evidence.ts';
import type { Seat } from '../../fleet/seat.ts';
import type { Steered } from '../../run/history/event.ts';
import type { Pause } from '../../run/pause/pause.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import type { Zone } from '../../zone/zone.ts';
import type { CommandForms } from '../advice.ts';
import type { AccountEnd } from '../clock/account.ts';
import type { CrontabPart } from '../clock/crontab-part.ts';
import type { DaemonEvidence } from '../clock/daemon.ts';
import type { ClockFacts } from '../clock/installed.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import type { JobSnapshot } from '../snapshot.ts';

export interface Evidence {
  readonly slug: string;
  readonly nowMs: number;
  readonly forms: CommandForms;
  /** IANA name. */
  readonly hostZone: Zone;
  /** The time that was asked about; absent: the last tick. */
  readonly askedMs?: number;
  readonly file: JobFileEvidence;
  /** Absent when the file can't be used. */
  readonly job?: JobEvidence;
  readonly ticks: TickEvidence;
  /** Present if the hosts of a pool claim its ticks. */
  readonly fleet?: FleetEvidence;
  /** The future of the job by the clock; absent if its file has problems. */
  readonly clock?: ClockFacts;
  /** The job as `jobctl status` shows it; absent if there is no such job. */
  readonly seen?: SeenJob;
  /** The run that has claimed the tick, and when. */
  readonly claim?: { readonly run: string; readonly atMs: number };
  /** The pauses that hold the job, also those that end before the time that was asked about. */
  readonly pauses: readonly Pause[];
  readonly steered: readonly Steered[];
  /** The number of records of the job that can't be read; absent if it is 0. */
  readonly unreadable?: number;
  /** The reason why its history can't be read. */
  readonly historyHidden?: string;
  readonly runs: readonly RunSnapshot[];
  readonly holder?: LockHolder;
  readonly crontab: CrontabEvidence;
  readonly daemon: DaemonEvidence;
  readonly user: UserEvidence;
  readonly runner: { readonly path: string; readonly objection?: string };
  readonly state: { readonly path: string; readonly objection?: string };
  readonly machine: HostEvidence;
  readonly cronLog: CronLogEvidence;
}

/** The part of a snapshot that answers "why is it in this state?" */
type SeenJob = Pick<JobSnapshot, 'state' | 'health' | 'streak' | 'activity' | 'next'> &
  Partial<Pick<JobSnapshot, 'locks' | 'nextMs' | 'overdue' | 'reset'>>;

interface JobFileEvidence {
  readonly path: string;
  readonly is: 'good' | 'broken' | 'absent';
  /** Lines with place and message. */
  readonly problems: readonly string[];
  /** When its inode last changed: the file was put there, or its text, owner or mode changed. */
  readonly changedMs?: number;
}

interface JobEvidence {
  readonly schedule?: string;
  /** IANA name, when the job has one of its own. */
  readonly timeZone?: string;
  readonly enabled: boolean;
  /** The hosts that have it, if its file names a pool. */
  readonly seat?: Seat;
  /** True for a service, which has no ticks. */
  readonly isService?: true;
  /** The milliseconds by which this host delays its ticks. */
  readonly delayMs: number;
  readonly startDeadlineSeconds?: number;
  readonly catchUp: 'none' | 'last';
}

interface TickEvidence {
  /** The tick in question: at the minute that was asked about, or the last one. */
  readonly tickMs?: number;
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** The schedule of the crontab line, if the ticks are its and not the file's. */
  readonly ofLine?: string;
}

/** The crontab that has the job's line, or would have it. */
export interface CrontabEvidence extends CrontabPart {
  /** The job's line as it is. */
  readonly line?: string;
  /** The line that cron-generate would write now; absent if it would write none. */
  readonly wanted?: string;
  /** True if cron starts that line at the tick in question; absent without a line or a tick. */
  readonly fires?: boolean;
  /** The command that writes and installs the lines: "sudo cron-generate". */
  readonly command: string;
}

interface UserEvidence {
  readonly name: string;
  readonly exists: boolean;
  readonly home?: string;
  readonly homeExists: boolean;
  /** The reason why cron starts nothing for it; `hidden` if only root can tell whether there is one. */
  readonly end?: AccountEnd | 'hidden';
}

interface HostEvidence {
  readonly bootMs: number;
  /** The milliseconds that this host has been asleep since it was booted. */
  readonly suspendedMs: number;
}

/** The lines of the system log about cron near the tick. */
export interface CronLogEvidence {
  /** A file or `journalctl`; absent when none could be read. */
  readonly source?: string;
  /** The reason why there is nothing to read. */
  readonly missing?: string;
  /** Oldest first; those about the crontab, the job's line, and the clock. */
  readonly lines: readonly CronLogLine[];
}

export interface CronLogLine {
  readonly atMs: number;
  readonly text: string;
}
