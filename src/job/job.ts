/**
 * A job ready for use: units converted, commands split, defaults filled in. make-job.ts makes it
 * from its file.
 */
import type { Expression } from '../schedule/expression.ts';
import type { Command } from './command.ts';
import type { LogBounds } from './keys/log-bounds.ts';
import type { Notices } from './keys/notices.ts';
import type { Policy } from './keys/policy.ts';
import type { JobPool } from './keys/pool-keys.ts';
import type { Timing } from './keys/timing.ts';
import type { Service } from './service.ts';

export type Job = RunJob | ServiceJob;

/** A job that begins and ends; a schedule, a person or another job starts it. */
export type RunJob = JobFile & RunContent;

/** A job that is kept up (`service: true`): it has no schedule and no end. */
export type ServiceJob = JobFile & ServiceContent;

export function isService(job: Job): job is ServiceJob {
  return job.service !== undefined;
}

interface JobFile {
  readonly slug: string;
  /** The job file. */
  readonly path: string;
  /** Hash of the file's bytes, in hexadecimal; empty unless the program asked for it. */
  readonly sha256: string;
}

/** The part of a job that its file decides, without the path. */
export type JobContent = RunContent | ServiceContent;

export interface RunContent extends CommonContent {
  readonly service?: undefined;
  /** Absent if only people and other jobs start it. */
  readonly schedule?: Expression;
  readonly slowStartCommands?: readonly Command[];
  /** Each key replaces the same key of the configuration. */
  readonly logRetention?: LogBounds;
  /** The limit of one run's log; absent if there is none. */
  readonly logMaxBytes?: number;
}

interface ServiceContent extends CommonContent {
  readonly service: Service;
  readonly schedule?: undefined;
  readonly slowStartCommands?: undefined;
  readonly logRetention?: undefined;
  readonly logMaxBytes?: undefined;
}

/**
 * The keys of both kinds. A service has the schema's defaults for keys that only matter to runs.
 */
interface CommonContent {
  readonly name: string;
  readonly description?: string;
  /** Run in order until one fails; at least one. */
  readonly commands: readonly Command[];
  /**
   * The clock starts it, or its supervisor keeps it up: false if `disabled`, and on a host that
   * does not have it (fleet/seat.ts).
   */
  readonly enabled: boolean;
  /** `disabled: true` in its file. */
  readonly disabled: boolean;
  /** Absent: each host that has the file has the job. */
  readonly pool?: JobPool;
  readonly timing: Timing;
  readonly policy: Policy;
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly killGraceSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that come from the caller. */
  readonly passEnvironment: readonly string[];
  readonly tags: readonly string[];
  readonly allowOvertime: boolean;
  readonly failmail?: { readonly fromAddress?: string; readonly toAddress: string };
  readonly failureThresholdForMail: number;
  readonly notices: Notices;
  readonly leftovers: 'kill' | 'allow' | 'fail';
  readonly workingDirectory?: string;
  readonly umask: number;
  readonly nice?: number;
  readonly noNewPrivileges: boolean;
  /** The job has a /tmp and /var/tmp of its own. */
  readonly privateTmp: boolean;
  readonly limits: KernelLimits;
}

/** Limits of prlimit(1): counts, bytes and seconds. */
export interface KernelLimits {
  readonly nofile?: number;
  readonly fileSize?: number;
  readonly cpu?: number;
  readonly processes?: number;
  readonly addressSpace?: number;
}
