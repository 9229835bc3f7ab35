/**
 * The state of a service at one instant, from the record of its supervisor, as far as it still
 * holds. `--json` prints this value.
 */

import { type AllDesired, type OperatorRequest, requestWords } from '../service/desired.ts';
import { isAlive } from '../service/instance/instance.ts';
import { snoozedUntilMs } from '../service/instance/snooze.ts';
import type { KnownService, ServiceFile } from '../service/record/known-service.ts';
import type { InstanceRecord, ServiceRecord } from '../service/record/record.ts';
import { type ServiceState, serviceStateOf } from '../service/service-state.ts';
import type { LockHolder } from '../system/types/lock.ts';
import type { ProcessIdentity } from '../system/types/process.ts';
import { defined } from '../text/defined.ts';

export interface ServiceSnapshot {
  readonly state: ServiceState;
  readonly desired: 'up' | 'down';
  readonly wish?: OperatorRequest;
  /** When the state began; absent if that is not known. */
  readonly sinceMs?: number;
  readonly supervisor?: { readonly pid?: number; readonly run?: string; readonly isStopped?: true };
  /**
   * The run of a job that had this name before its file became a service's. The service starts when
   * the run has ended.
   */
  readonly jobRun?: { readonly pid?: number; readonly run?: string };
  /** Set if this host has none of the instances that the hosts of a pool share. */
  readonly elsewhere?: true;
  /** The number of instances that the file asks for, of this host where several hosts share them. */
  readonly wantedInstances: number;
  readonly instances: readonly InstanceSnapshot[];
  /** The instances whose turn in a rolling restart is still to come. */
  readonly rolling?: readonly number[];
  /** The reason why the latest rolling restart ended before its last instance. */
  readonly rollingEnd?: string;
  /** The state of its file; absent while that is good. */
  readonly file?: Exclude<ServiceFile, 'good'>;
  /** The problems of its file. The service ignores the file until they are fixed. */
  readonly problems?: readonly string[];
}

export type InstanceSnapshot = Omit<InstanceRecord, 'quickDeaths' | 'deathsMs' | 'leader' | 'process'> & {
  readonly pid?: number;
  readonly snooze?: { readonly sinceMs: number; readonly untilMs: number };
};

export interface ServiceFacts {
  readonly service: KnownService;
  readonly desired: AllDesired;
  readonly record: ServiceRecord | undefined;
  readonly holder: LockHolder | undefined;
  /** True if the lock is held by the run of a job that had this name before. */
  readonly isJobRun: boolean;
  readonly isProcessAlive: (process: ProcessIdentity) => boolean;
  readonly boot: string;
  readonly nowMs: number;
  readonly sinceBootMs: number;
  /** When its file was written; a new service should be up from then on. */
  readonly fileMs: number;
  readonly snooze: (instance: number) => { readonly writtenMs: number; readonly text: string } | undefined;
}

export function snapshotService(facts: ServiceFacts): ServiceSnapshot {
  const { service, desired, record, holder } = facts;
  const isTrue = record !== undefined && holder !== undefined && record.run === holder.runId;
  const all = instancesOf(facts, isTrue);
  const enabled = service.file === 'good' || service.file === 'broken';
  const isAnyDesired = Array.from({ length: service.instances }, (_, n) => n).some(
    (n) => desired.instance(n).state === 'up',
  );
  const desiredState = enabled && desired.service.state === 'up' && isAnyDesired ? 'up' : 'down';
  const state = isTrue ? trueState(facts, record.state, { desiredState, all }) : missingState(facts, desiredState, all);
  const { decision } = desired.service;
  const sinceMs = record !== undefined && record.state === state ? record.sinceMs : undefined;
  const problems = isTrue ? (record.problems ?? service.problems) : service.problems;
  return {
    state,
    desired: enabled ? desired.service.state : 'down',
    ...defined({ wish: decision, sinceMs }),
    ...holderOf(facts),
    wantedInstances: hereOf(facts, isTrue).length,
    ...(service.seat?.slots === true && hereOf(facts, isTrue).length === 0 && { elsewhere: true }),
    instances: all,
    ...(isTrue && record.rolling !== undefined && { rolling: record.rolling }),
    ...(isTrue && record.rollingEnd !== undefined && { rollingEnd: record.rollingEnd }),
    ...(service.file !== 'good' && { file: service.file }),
    ...(problems.length > 0 && { problems }),
  };
}

interface Seen {
  readonly desiredState: 'up' | 'down';
  readonly all: readonly InstanceSnapshot[];
}

/** The recorded state, corrected while the supervisor is stopped and so watches nothing. */
function trueState(
  { holder, service }: ServiceFacts,
  written: ServiceState,
  { desiredState, all }: Seen,
): ServiceState {
  if (desiredState === 'down') return written === 'DOWN' ? 'DOWN' : 'STOPPING';
  if (holder?.isStopped !== true || written === 'DOWN' || written === 'STOPPING') return written;
  const isAnyAlive = all.some(({ at, number }) => number < service.instances && isAlive({ at }));
  return isAnyAlive ? 'DEGRADED' : 'FAILED';
}

function missingState(
  facts: ServiceFacts,
  desiredState: 'up' | 'down',
  all: readonly InstanceSnapshot[],
): ServiceState {
  const { service, holder } = facts;
  const isLeft = holder?.state === 'orphaned';
  // A file with problems starts nothing, however long one waits.
  if (service.file === 'broken' && desiredState === 'up' && holder === undefined) return 'FAILED';
  // Other hosts have all instances; --ensure starts a supervisor here when one is free.
  if (service.seat?.slots === true && holder === undefined) return 'DOWN';
  return serviceStateOf({
    desired: desiredState,
    instances: service.instances,
    states: all.filter(({ number }) => number < service.instances).map(({ at }) => at),
    anyAlive: isLeft,
    anyDied: false,
    supervisor: { is: 'missing', forMs: missingForMs(facts) },
  });
}

function holderOf({ holder, isJobRun }: ServiceFacts): Pick<ServiceSnapshot, 'supervisor' | 'jobRun'> {
  if (holder === undefined) return {};
  const { wrapper, runId, isStopped } = holder;
  const who = { ...(wrapper !== undefined && { pid: wrapper.pid }), ...defined({ run: runId }) };
  return isJobRun ? { jobRun: who } : { supervisor: { ...who, ...(isStopped && { isStopped }) } };
}

/**
 * The milliseconds during which a supervisor was due and missing. A supervisor that has just
 * started has no record yet.
 */
function missingForMs({ desired, holder, nowMs, sinceBootMs, fileMs, record }: ServiceFacts): number {
  if (holder?.state === 'running') return 0;
  const desiredMs = Math.max(desired.service.decision?.atMs ?? 0, fileMs);
  const leftMs = record === undefined ? Number.POSITIVE_INFINITY : nowMs - record.sinceMs;
  return Math.max(0, Math.min(nowMs - desiredMs, sinceBootMs, leftMs));
}

function instancesOf(facts: ServiceFacts, isTrue: boolean): readonly InstanceSnapshot[] {
  const { record, boot } = facts;
  const known = new Map((record?.instances ?? []).map((one) => [one.number, one]));
  const numbers = new Set(hereOf(facts, isTrue));
  if (isTrue) for (const number of known.keys()) numbers.add(number);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const one = known.get(number);
      const sameBoot = record?.boot === boot;
      return describe(
        one === undefined ? nothingOf(number) : isTrue ? asSeen(one, facts) : asLeft(one, sameBoot),
        facts,
      );
    });
}

/** The instances that this host should have: all, or those that it has of a service over several hosts. */
function hereOf({ record, service }: ServiceFacts, isTrue: boolean): readonly number[] {
  if (isTrue && record?.here !== undefined) return record.here;
  return service.seat?.slots === true ? [] : [...Array(service.instances).keys()];
}

function nothingOf(number: number): InstanceRecord {
  return { number, at: 'down', restarts: 0, quickDeaths: 0, deathsMs: [], ports: {} };
}

/** Corrects the record of an instance that has ended while the supervisor is stopped. */
function asSeen(record: InstanceRecord, { holder, isProcessAlive }: ServiceFacts): InstanceRecord {
  const { process } = record;
  if (holder?.isStopped !== true || process === undefined || !isAlive(record) || isProcessAlive(process)) return record;
  const reason = `its process ${process.pid} has ended, and its supervisor is stopped`;
  return { ...nothingOf(record.number), restarts: record.restarts, ports: record.ports, reason };
}

/**
 * The record of an instance without a supervisor: it is not running. Only FAILED stays, and, on the
 * same boot, finished.
 */
function asLeft(record: InstanceRecord, sameBoot: boolean): InstanceRecord {
  const { number, restarts, lastExit, ports, reason, sinceMs, logPath } = record;
  const lasting = record.at === 'failed' || (record.at === 'finished' && sameBoot);
  return {
    ...nothingOf(number),
    restarts,
    ports,
    ...defined({ lastExit, logPath }),
    ...(lasting && {
      at: record.at,
      ...defined({ reason, sinceMs }),
    }),
  };
}

function describe(record: InstanceRecord, { service, snooze, nowMs, desired }: ServiceFacts): InstanceSnapshot {
  const { quickDeaths: _q, deathsMs: _d, leader: _l, process, ...shown } = record;
  const { snoozeMaxSeconds } = service;
  const file = snoozeMaxSeconds === undefined ? undefined : snooze(record.number);
  const untilMs = snoozedUntilMs(file, { nowMs, maxSeconds: snoozeMaxSeconds ?? 0 });
  return {
    ...shown,
    ...(process !== undefined && isAlive(record) && { pid: process.pid }),
    ...(file !== undefined &&
      untilMs !== undefined &&
      isAlive(record) && { snooze: { sinceMs: file.writtenMs, untilMs } }),
    ...(desired.instance(record.number).state === 'down' && { stopped: true as const }),
  };
}

/** "down, stopped by ada at …": what operators want of the service, and who said so. */
export function desiredWords(
  { desired, wish: request, file }: ServiceSnapshot,
  formatTime: (ms: number) => string,
): string {
  const bySelf = file === undefined || file === 'broken' ? undefined : fileWords[file];
  if (bySelf !== undefined) return `down: ${bySelf}`;
  if (request === undefined) return desired;
  return `${desired}, ${desired === 'up' ? 'started' : 'stopped'} ${requestWords(request, formatTime)}`;
}

const fileWords = {
  disabled: 'it is disabled in its file',
  elsewhere: 'it belongs to another host',
  gone: 'its file is gone',
  job: 'its file describes a job now',
} as const;
