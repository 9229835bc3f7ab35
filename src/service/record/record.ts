/**
 * The record that a supervisor keeps of its service and replaces at each change, for `jobctl
 * status` and for the next supervisor. Times are milliseconds since 1970, because the record is
 * read after a reboot too.
 */

import type { WriteAnswer } from '../../system/types/file.ts';
import type { ProcessIdentity } from '../../system/types/process.ts';
import type { StateFiles } from '../../system/types/state.ts';
import {
  count,
  type Decoder,
  decodeJson,
  duration,
  list,
  mapOf,
  oneOf,
  optional,
  shape,
  tagged,
  text,
  time,
} from '../../text/decode.ts';
import type { HealthAnswer } from '../instance/health.ts';
import type { InstanceAt } from '../instance/instance.ts';
import type { ServiceState } from '../service-state.ts';

export interface ServiceRecord {
  /** Id of the boot for which the pids in it are valid. */
  readonly boot: string;
  /** Run id of the supervisor that wrote it. */
  readonly run: string;
  readonly state: ServiceState;
  readonly sinceMs: number;
  readonly startedMs: number;
  /** Set while an alarm is open: a notice said that the service has become worse. */
  readonly isTold?: true;
  /** Instances that a rolling restart has not restarted yet. */
  readonly rolling?: readonly number[];
  /** Problems of the file; the service goes on as it was. */
  readonly problems?: readonly string[];
  /** The reason why the latest rolling restart ended before its last instance. */
  readonly rollingEnd?: string;
  /** The definition in the last file without problems; absent in records of earlier versions. */
  readonly definition?: Definition;
  /** The instances that this host has; absent if it has all. */
  readonly here?: readonly number[];
  readonly instances: readonly InstanceRecord[];
}

/** The part of a service's file that commands need if the file is broken or gone. */
export interface Definition {
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly instances: number;
  readonly stopSeconds: number;
  /** Absent without a health check. */
  readonly snoozeMaxSeconds?: number;
}

export interface InstanceRecord {
  readonly number: number;
  readonly at: InstanceAt;
  /** Start of this state. */
  readonly sinceMs?: number;
  /** The reason why it failed or is being ended. */
  readonly reason?: string;
  /** End of a back-off. */
  readonly untilMs?: number;
  readonly restarts: number;
  readonly lastExit?: { readonly words: string; readonly atMs: number };
  readonly quickDeaths: number;
  readonly deathsMs: readonly number[];
  readonly process?: ProcessIdentity;
  /**
   * The last element of its processes' PROCESS_CONTROL_RUN_ID. With the leader of its command it
   * identifies them.
   */
  readonly run?: string;
  readonly leader?: ProcessIdentity;
  readonly ports: Readonly<Record<string, number>>;
  readonly health?: HealthAnswer;
  readonly failures?: number;
  readonly logPath?: string;
  /** Set if it runs by an older file; a restart applies the new one. */
  readonly changed?: true;
  /** Set if an operator has stopped this instance. */
  readonly stopped?: true;
}

const fileName = 'supervised.json';

function folderOf(slug: string): string {
  return `services/${slug}`;
}

export function readRecord(files: StateFiles, slug: string): ServiceRecord | undefined {
  return decodeJson(files.read(folderOf(slug), fileName), serviceRecord);
}

/** True if a record exists that can't be understood. */
export function isRecordUnreadable(files: StateFiles, slug: string): boolean {
  return files.names(folderOf(slug)).includes(fileName) && readRecord(files, slug) === undefined;
}

export function writeRecord(files: StateFiles, slug: string, record: ServiceRecord): WriteAnswer {
  return files.write(folderOf(slug), fileName, `${JSON.stringify(record)}\n`);
}

const identity: Decoder<ProcessIdentity> = (value) => {
  const read = shape<ProcessIdentity>({ pid: count, startTicks: text })(value);
  // Numbers that kill(2) takes for a group or for every process are no pids.
  return read !== undefined && read.pid > 0 && read.pid <= 2 ** 22 && /^\d+$/.test(read.startTicks) ? read : undefined;
};

const answer: Decoder<HealthAnswer> = tagged<HealthAnswer, 'is'>('is', {
  success: shape<Extract<HealthAnswer, { is: 'success' }>>({ is: oneOf('success') }),
  failure: shape<Extract<HealthAnswer, { is: 'failure' }>>({ is: oneOf('failure'), reason: text }),
  unknown: shape<Extract<HealthAnswer, { is: 'unknown' }>>({ is: oneOf('unknown'), reason: text }),
  snoozed: shape<Extract<HealthAnswer, { is: 'snoozed' }>>({ is: oneOf('snoozed'), untilMs: time }),
});

const instanceRecord = shape<InstanceRecord>({
  number: count,
  at: oneOf('down', 'starting', 'up', 'unhealthy', 'stopping', 'backoff', 'failed', 'finished'),
  sinceMs: optional(time),
  reason: optional(text),
  untilMs: optional(time),
  restarts: count,
  lastExit: optional(shape<NonNullable<InstanceRecord['lastExit']>>({ words: text, atMs: time })),
  quickDeaths: count,
  deathsMs: list(time),
  process: optional(identity),
  run: optional(text),
  leader: optional(identity),
  ports: mapOf(count),
  health: optional(answer),
  failures: optional(count),
  logPath: optional(text),
  changed: optional(oneOf(true)),
  stopped: optional(oneOf(true)),
});

const serviceRecord = shape<ServiceRecord>({
  boot: text,
  run: text,
  state: oneOf('DOWN', 'STOPPING', 'STARTING', 'FAILED', 'UP', 'DEGRADED'),
  sinceMs: time,
  startedMs: time,
  isTold: optional(oneOf(true)),
  rolling: optional(list(count)),
  problems: optional(list(text)),
  rollingEnd: optional(text),
  definition: optional(
    shape<Definition>({
      name: text,
      description: optional(text),
      tags: list(text),
      instances: count,
      stopSeconds: duration,
      snoozeMaxSeconds: optional(duration),
    }),
  ),
  here: optional(list(count)),
  instances: list(instanceRecord),
});
