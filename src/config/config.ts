/** The configuration as the programs use it: every path absolute, the service user looked up, all defaults filled in. */
import type { LogBounds } from '../job/keys/log-bounds.ts';
import type { WrittenJob } from '../job/keys/schema.ts';
import type { MailRoute } from '../system/types/message.ts';
import type { User } from '../system/types/user.ts';
import type { Logging } from './logging.ts';

export interface Config {
  readonly cronTemplate: string;
  readonly runnerPath: string;
  /** Jobs run as this user. */
  readonly serviceUser: User;
  /** PATH of every job, and of the crontab. */
  readonly searchPath: string;
  /** Names of variables that every job gets from its caller. */
  readonly passEnvironment: readonly string[];
  /** As written under `default_job_config`, already validated. */
  readonly jobDefaults: WrittenJob;
  readonly jobDirectory: string;
  /** A path, or `console`. */
  readonly outputCrontab: string;
  readonly outputDirectory: string;
  readonly runDirectory: string;
  /** Where a predecessor still keeps `NAME.lock`; absent where that is the run directory. */
  readonly predecessorRunDirectory?: string;
  readonly stateDirectory: string;
  readonly logging: Logging;
  readonly logRetention: LogRetention;
  readonly onInvalidJob: 'keep' | 'abort';
  /** What an owner who is not trusted, and a group that can write, mean: an error or a warning. */
  readonly trust: 'strict' | 'warn';
  readonly trustedOwnerUids: readonly number[];
  /** Where the ports of services come from. */
  readonly portRange: PortRange;
  /** Absent: sendmail if there is one, else SMTP to localhost, port 25. */
  readonly mail?: MailRoute;
  /** The files that were read, in order. */
  readonly sources: readonly string[];
  /** The file that the caller named instead of /etc/process-control.yaml, all links resolved. */
  readonly namedFile?: string;
  /** A process-control of the caller's own, in the caller's directories. */
  readonly embedded: boolean;
}

/** Both ends are part of it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** How long logs are kept; what is absent or 0 does not bind. */
export interface LogRetention extends LogBounds {
  /** Of the logs of all jobs together. */
  readonly totalBytes?: number;
  readonly compressAfterDays?: number;
}
