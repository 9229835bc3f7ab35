/**
 * The configuration as programs use it: paths are absolute, the service user is looked up, defaults
 * are filled in.
 */
import type { LogBounds } from '../job/keys/log-bounds.ts';
import type { WrittenJob } from '../job/keys/schema.ts';
import type { Fleet } from '../system/types/fleet.ts';
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
  /** The keys of `default_job_config`, validated. */
  readonly jobDefaults: WrittenJob;
  readonly jobDirectory: string;
  /** A path, or `console`. */
  readonly outputCrontab: string;
  readonly outputDirectory: string;
  readonly runDirectory: string;
  /**
   * The directory in which the predecessor still keeps `NAME.lock`; absent if that is the run
   * directory.
   */
  readonly predecessorRunDirectory?: string;
  readonly stateDirectory: string;
  readonly logging: Logging;
  readonly logRetention: LogRetention;
  /** The size in bytes at which the history of a job is rotated. */
  readonly historyBytes: number;
  readonly onInvalidJob: 'keep' | 'abort';
  /** The severity of an untrusted owner and of a group that can write: `strict` is an error. */
  readonly trust: 'strict' | 'warn';
  readonly trustedOwnerUids: readonly number[];
  /** The range from which services get ports. */
  readonly portRange: PortRange;
  /** Absent: sendmail if it is installed, else SMTP to localhost, port 25. */
  readonly mail?: MailRoute;
  /** The file with what a cluster wants of every pod. */
  readonly kubernetesTemplate?: string;
  /** The place where process-control-web listens, and the names by which it is reached. */
  readonly web: WebSettings;
  /** Absent: this host has nothing to do with others. */
  readonly fleet?: Fleet;
  /** The files that were read, in order. */
  readonly sources: readonly string[];
  /** The file that the caller named instead of /etc/process-control.yaml, all links resolved. */
  readonly namedFile?: string;
  /** A process-control of the caller's own, in the caller's directories. */
  readonly embedded: boolean;
}

/** A range that includes both ends. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The limits up to which logs are kept; one that is absent or 0 does not apply. */
export interface LogRetention extends LogBounds {
  /** The bytes of all jobs' logs together. */
  readonly totalBytes?: number;
  readonly compressAfterDays?: number;
}

/** The settings of process-control-web that the configuration has. */
export interface WebSettings {
  /** Absent: `web/view.sock` in the run directory. */
  readonly socket?: string;
  /** Unix socket on which only a proxy connects that logs readers in. */
  readonly proxySocket?: string;
  /** `HOST:PORT`; absent: no TCP. */
  readonly listen?: string;
  readonly tokenFile?: string;
  /** Name or number of the socket's group; absent: that of its directory or process. */
  readonly group?: string;
  /** Empty, or a path without a slash at its end. */
  readonly basePath: string;
  /** Names of the host by which browsers reach the page, lower case, besides localhost and its own name. */
  readonly hosts: readonly string[];
}
