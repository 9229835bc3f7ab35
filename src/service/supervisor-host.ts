/** The parts of the host that the supervisor of a service needs, beyond those of its instances. */
import type { PortRange } from '../config/config.ts';
import type { ServiceJob } from '../job/job.ts';
import type { Changes } from '../system/types/file.ts';
import type { JobLocks } from '../system/types/lock.ts';
import type { StopRequests } from '../system/types/process.ts';
import type { Ports } from '../system/types/service.ts';
import type { HistoryStore, StateFiles } from '../system/types/state.ts';
import type { Result } from '../text/problem.ts';
import type { InstanceHost } from './instance/live-instance.ts';
import type { OpenSeating } from './seating.ts';
import type { ServiceState } from './service-state.ts';

export interface SupervisorHost extends InstanceHost {
  readonly locks: JobLocks;
  readonly ports: Ports;
  readonly changes: Changes;
  readonly state: StateFiles;
  readonly history: HistoryStore;
  readonly stops: StopRequests;
  readonly hostName: string;
  readonly boot: string;
  readonly random: () => string;
  /** Reads the job file; `undefined` if it is gone. */
  readonly loadJob: () => Result<ServiceJob | 'no service'> | undefined;
  /** Present if several hosts share the instances. */
  readonly openSeating?: OpenSeating;
  readonly places: { readonly jobDirectory: string; readonly stateDirectory: string; readonly portRange: PortRange };
  /** Sends a notice; the supervisor does not wait for it. */
  readonly send: (notice: ServiceNotice) => void;
  /** Writes a sentence into the programs' own log. */
  readonly say: (level: 'info' | 'warn' | 'error', words: string) => void;
}

export interface ServiceNotice {
  readonly what: 'worse' | 'recovered';
  readonly job: ServiceJob;
  readonly state: ServiceState;
  /** Start of this state, milliseconds since 1970. */
  readonly sinceMs: number;
  /** A line for each instance that is not up. */
  readonly lines: readonly string[];
  readonly logPath?: string;
}
