/** What can be found on a host about one tick of one job: the value that `jobctl why --json` prints, and that the verdict is made of. */
import type { Steered } from '../../run/history/event.ts';
import type { Pause } from '../../run/pause/pause.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import type { Zone } from '../../zone/zone.ts';
import type { CommandForms } from '../advice.ts';
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
  /** What was asked about; absent: the last tick. */
  readonly askedMs?: number;
  readonly file: JobFileEvidence;
  /** Absent when the file can't be used. */
  readonly job?: JobEvidence;
  readonly ticks: TickEvidence;
  /** What the clock will do with the job, as things are; absent when its file can't be used. */
  readonly clock?: ClockFacts;
  /** The job as `jobctl status` shows it; absent when there is no such job. */
  readonly seen?: SeenJob;
  /** Which run has the tick, and since when. */
  readonly claim?: { readonly run: string; readonly atMs: number };
  /** Those that hold the job, or will have ended by the time that was asked about. */
  readonly pauses: readonly Pause[];
  readonly steered: readonly Steered[];
  /** Records of the job that can't be understood; absent when there are none. */
  readonly unreadable?: number;
  /** Why its history can't be read. */
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

/** As much of a snapshot as answers "why is it as it is?" */
type SeenJob = Pick<JobSnapshot, 'state' | 'health' | 'streak' | 'activity' | 'next'> &
  Partial<Pick<JobSnapshot, 'locks' | 'nextMs' | 'overdue' | 'reset'>>;

interface JobFileEvidence {
  readonly path: string;
  readonly is: 'good' | 'broken' | 'absent';
  /** Lines with place and message. */
  readonly problems: readonly string[];
  /** When its inode was changed last: the file was put there, or its text, owner or mode was changed. */
  readonly changedMs?: number;
}

interface JobEvidence {
  readonly schedule?: string;
  /** IANA name, when the job has one of its own. */
  readonly timeZone?: string;
  readonly enabled: boolean;
  /** It is kept up and has no ticks. */
  readonly isService?: true;
  /** By how much this host delays its ticks. */
  readonly delayMs: number;
  readonly startDeadlineSeconds?: number;
  readonly catchUp: 'none' | 'last';
}

interface TickEvidence {
  /** The tick in question: at the minute that was asked about, or the last one. */
  readonly tickMs?: number;
  readonly beforeMs?: number;
  readonly afterMs?: number;
  /** They are those of the line in the crontab, which has this schedule; absent when they are those of the job's file. */
  readonly ofLine?: string;
}

/** The crontab that has the job's line, or would have it. */
export interface CrontabEvidence extends CrontabPart {
  /** The job's line as it is. */
  readonly line?: string;
  /** As cron-generate would write it now; absent when it would write none. */
  readonly wanted?: string;
  /** Whether cron starts that line at the tick in question; absent without a line or a tick. */
  readonly fires?: boolean;
  /** What writes and installs the lines: "sudo cron-generate". */
  readonly command: string;
}

interface UserEvidence {
  readonly name: string;
  readonly exists: boolean;
  readonly home?: string;
  readonly homeExists: boolean;
}

interface HostEvidence {
  readonly bootMs: number;
  /** How long the machine has been asleep since it was booted, in sum. */
  readonly suspendedMs: number;
}

/** What the system log says of cron near the tick. */
export interface CronLogEvidence {
  /** A file or `journalctl`; absent when none could be read. */
  readonly source?: string;
  /** Why there is nothing to read. */
  readonly missing?: string;
  /** Oldest first; those about the crontab, the job's line, and the clock. */
  readonly lines: readonly CronLogLine[];
}

export interface CronLogLine {
  readonly atMs: number;
  readonly text: string;
}
