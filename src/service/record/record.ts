/**
 * What a supervisor writes down of its service, replaced whole at each change: for whoever asks for the status, and for the next supervisor.
 * Times are milliseconds since 1970, since they are read on other boots too.
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
import { type Instance, newInstance } from '../instance/machine.ts';
import { noDeaths } from '../instance/respawn.ts';
import type { ServiceState } from '../service-state.ts';

export interface ServiceRecord {
  /** Pids and times since boot in it mean something on this boot only. */
  readonly boot: string;
  /** Run id of the supervisor that wrote it. */
  readonly run: string;
  readonly state: ServiceState;
  readonly sinceMs: number;
  readonly startedMs: number;
  /** People have been told that it is not well, and not yet that it is again. */
  readonly isTold?: true;
  /** A rolling restart is under way: who waits for its turn. */
  readonly rolling?: readonly number[];
  /** The file has problems; the service goes on as it was. */
  readonly problems?: readonly string[];
  /** Why the latest rolling restart ended before its last instance. */
  readonly rollingEnd?: string;
  /** What the file said when it could last be followed; absent in the records of earlier versions. */
  readonly definition?: Definition;
  readonly instances: readonly InstanceRecord[];
}

/** As much of a service's file as commands need when that is broken or gone. */
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
  readonly at: Instance['at'];
  /** In this state. */
  readonly sinceMs?: number;
  /** Why it failed, or is being ended. */
  readonly reason?: string;
  /** Of a back-off. */
  readonly untilMs?: number;
  readonly restarts: number;
  readonly lastExit?: { readonly words: string; readonly atMs: number };
  readonly quickDeaths: number;
  readonly deathsMs: readonly number[];
  readonly process?: ProcessIdentity;
  /** What its processes carry as the last element of PROCESS_CONTROL_RUN_ID, and the leader of its command: to find them by. */
  readonly run?: string;
  readonly leader?: ProcessIdentity;
  readonly ports: Readonly<Record<string, number>>;
  readonly health?: HealthAnswer;
  readonly failures?: number;
  readonly logPath?: string;
  /** It runs by an older file: restart to apply. */
  readonly changed?: true;
  /** A person has stopped this one. */
  readonly stopped?: true;
}

const fileName = 'supervised.json';

function folderOf(slug: string): string {
  return `services/${slug}`;
}

export function readRecord(files: StateFiles, slug: string): ServiceRecord | undefined {
  return decodeJson(files.read(folderOf(slug), fileName), serviceRecord);
}

/** Whether there is one that can't be understood. */
export function isRecordUnreadable(files: StateFiles, slug: string): boolean {
  return files.names(folderOf(slug)).includes(fileName) && readRecord(files, slug) === undefined;
}

export function writeRecord(files: StateFiles, slug: string, record: ServiceRecord): WriteAnswer {
  return files.write(folderOf(slug), fileName, `${JSON.stringify(record)}\n`);
}

const identity: Decoder<ProcessIdentity> = (value) => {
  const read = shape<ProcessIdentity>({ pid: count, startTicks: text })(value);
  // A number that kill(2) would take for a group, or for everybody, is no process.
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
  instances: list(instanceRecord),
});

/** The two clocks at one moment. */
export interface Moment {
  readonly nowMs: number;
  readonly sinceBootMs: number;
}

export interface Restoring extends Moment {
  readonly sameBoot: boolean;
  /** When a person has last said that it shall be tried again. */
  readonly resetMs: number;
}

/**
 * What a new supervisor knows of an instance; none of its processes lives by now. FAILED stays until a person resets it, over reboots too.
 * Who finished stays so until the next boot, which starts everything that is wanted up.
 */
export function restoreInstance(record: InstanceRecord | undefined, restoring: Restoring): Instance {
  if (record === undefined) return newInstance;
  const { sameBoot, resetMs, nowMs, sinceBootMs } = restoring;
  const isReset = record.sinceMs === undefined || resetMs >= record.sinceMs;
  const toBoot = (ms: number) => sinceBootMs - (nowMs - ms);
  const memory = {
    deaths: sameBoot && !isReset ? { atMs: record.deathsMs.map(toBoot), quick: record.quickDeaths } : noDeaths,
    restarts: record.restarts,
    ...(record.lastExit !== undefined && { lastExit: { ...record.lastExit, atMs: toBoot(record.lastExit.atMs) } }),
  };
  const sinceMs = toBoot(record.sinceMs ?? nowMs);
  if (record.at === 'failed' && !isReset)
    return { at: 'failed', reason: record.reason ?? 'it failed', sinceMs, memory };
  if (record.at === 'finished' && sameBoot && !isReset) return { at: 'finished', sinceMs, memory };
  return { at: 'down', memory };
}

/** What the machine knows, for the record; ports, log and marks are added by whoever has them. */
export function describeInstance(
  instance: Instance,
  { nowMs, sinceBootMs }: Moment,
): Omit<InstanceRecord, 'number' | 'ports'> {
  const { memory } = instance;
  const toWall = (ms: number) => Math.round(nowMs - (sinceBootMs - ms));
  return {
    at: instance.at,
    restarts: memory.restarts,
    quickDeaths: memory.deaths.quick,
    deathsMs: memory.deaths.atMs.map(toWall),
    ...(memory.lastExit !== undefined && { lastExit: { ...memory.lastExit, atMs: toWall(memory.lastExit.atMs) } }),
    ...stateFields(instance, toWall),
  };
}

function stateFields(instance: Instance, toWall: (ms: number) => number): Partial<InstanceRecord> {
  switch (instance.at) {
    case 'down':
      return {};
    case 'starting':
    case 'up': {
      const { checks, watch, process } = instance;
      const reason = watch?.missing;
      return {
        sinceMs: toWall(instance.at === 'up' ? instance.upSinceMs : instance.sinceMs),
        ...(process !== undefined && { process }),
        ...(checks.last !== undefined && { health: checks.last }),
        ...(checks.failures > 0 && { failures: checks.failures }),
        ...(reason !== undefined && { reason }),
      };
    }
    case 'unhealthy':
      return { reason: instance.reason, ...(instance.process && { process: instance.process }) };
    case 'stopping':
      return instance.process === undefined ? {} : { process: instance.process };
    case 'backoff':
      return { untilMs: toWall(instance.untilMs) };
    case 'failed':
      return { reason: instance.reason, sinceMs: toWall(instance.sinceMs) };
    case 'finished':
      return { sinceMs: toWall(instance.sinceMs) };
    default:
      return instance satisfies never;
  }
}
