/** What is known of a service at one instant: what its supervisor wrote down, as far as it can be believed by now. `--json` prints this value. */
import type { Service } from '../job/service.ts';
import { type AllDesired, type Ask, askWords } from '../service/desired.ts';
import { isAlive } from '../service/machine.ts';
import type { InstanceRecord, ServiceRecord } from '../service/record.ts';
import { type ServiceState, serviceStateOf } from '../service/service-state.ts';
import { snoozedUntilMs } from '../service/snooze.ts';
import type { LockHolder } from '../system/system.ts';

export interface ServiceSnapshot {
  readonly state: ServiceState;
  readonly desired: 'up' | 'down';
  readonly wish?: Ask;
  /** Of the state; absent when nobody has seen it begin. */
  readonly sinceMs?: number;
  readonly supervisor?: { readonly pid?: number; readonly run?: string };
  /** Those that are wanted. */
  readonly wantedInstances: number;
  readonly instances: readonly InstanceSnapshot[];
  /** Whose turn in a rolling restart is still to come. */
  readonly rolling?: readonly number[];
  /** Of its file, which it does not follow until they are mended. */
  readonly problems?: readonly string[];
}

export type InstanceSnapshot = Omit<InstanceRecord, 'quickDeaths' | 'deathsMs' | 'leader' | 'process'> & {
  readonly pid?: number;
  readonly snooze?: { readonly sinceMs: number; readonly untilMs: number };
};

export interface ServiceFacts {
  readonly service: Service;
  readonly enabled: boolean;
  readonly desired: AllDesired;
  readonly record: ServiceRecord | undefined;
  readonly holder: LockHolder | undefined;
  readonly boot: string;
  readonly nowMs: number;
  readonly sinceBootMs: number;
  /** When its file was written: a new service is wanted up from then on. */
  readonly fileMs: number;
  readonly snooze: (instance: number) => { readonly writtenMs: number; readonly text: string } | undefined;
}

export function snapshotService(facts: ServiceFacts): ServiceSnapshot {
  const { service, desired, record, holder, enabled } = facts;
  const isTrue = record !== undefined && holder !== undefined && record.run === holder.runId;
  const all = instancesOf(facts, isTrue);
  const counted = all.filter(({ number }) => number < service.instances);
  const isAnyWanted = Array.from({ length: service.instances }, (_, n) => n).some(
    (n) => desired.instance(n).wanted === 'up',
  );
  const wanted = enabled && desired.service.wanted === 'up' && isAnyWanted ? 'up' : 'down';
  const state = isTrue
    ? record.state
    : serviceStateOf({
        wanted,
        instances: service.instances,
        states: counted.map(({ at }) => at),
        anyAlive: holder?.state === 'orphaned',
        anyDied: false,
        supervisor: { is: 'missing', forMs: missingForMs(facts) },
      });
  const { wish } = desired.service;
  const sinceMs = record !== undefined && record.state === state ? record.sinceMs : undefined;
  return {
    state: isTrue && wanted === 'down' && state !== 'DOWN' ? 'STOPPING' : state,
    desired: enabled ? desired.service.wanted : 'down',
    ...(wish !== undefined && { wish }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(holder !== undefined && { supervisor: supervisorOf(holder) }),
    wantedInstances: service.instances,
    instances: all,
    ...(isTrue && record.rolling !== undefined && { rolling: record.rolling }),
    ...(isTrue && record.problems !== undefined && { problems: record.problems }),
  };
}

function supervisorOf({ wrapper, runId }: LockHolder): NonNullable<ServiceSnapshot['supervisor']> {
  return { ...(wrapper !== undefined && { pid: wrapper.pid }), ...(runId !== undefined && { run: runId }) };
}

/** How long it could have had a supervisor and has none; one that has just begun has written nothing yet. */
function missingForMs({ desired, holder, nowMs, sinceBootMs, fileMs, record }: ServiceFacts): number {
  if (holder?.state === 'running') return 0;
  const wantedMs = Math.max(desired.service.wish?.atMs ?? 0, fileMs);
  const leftMs = record === undefined ? Number.POSITIVE_INFINITY : nowMs - record.sinceMs;
  return Math.max(0, Math.min(nowMs - wantedMs, sinceBootMs, leftMs));
}

function instancesOf(facts: ServiceFacts, isTrue: boolean): readonly InstanceSnapshot[] {
  const { record, service, boot } = facts;
  const known = new Map((record?.instances ?? []).map((one) => [one.number, one]));
  const numbers = new Set(Array.from({ length: service.instances }, (_, number) => number));
  if (isTrue) for (const number of known.keys()) numbers.add(number);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const one = known.get(number);
      const sameBoot = record?.boot === boot;
      return describe(one === undefined ? nothingOf(number) : isTrue ? one : asLeft(one, sameBoot), facts);
    });
}

function nothingOf(number: number): InstanceRecord {
  return { number, at: 'down', restarts: 0, quickDeaths: 0, deathsMs: [], ports: {} };
}

/** Without its supervisor nothing of it runs; only FAILED, and on the same boot that it has finished, outlives that. */
function asLeft(record: InstanceRecord, sameBoot: boolean): InstanceRecord {
  const { number, restarts, lastExit, ports, reason, sinceMs, logPath } = record;
  const lasting = record.at === 'failed' || (record.at === 'finished' && sameBoot);
  return {
    ...nothingOf(number),
    restarts,
    ports,
    ...(lastExit !== undefined && { lastExit }),
    ...(logPath !== undefined && { logPath }),
    ...(lasting && {
      at: record.at,
      ...(reason !== undefined && { reason }),
      ...(sinceMs !== undefined && { sinceMs }),
    }),
  };
}

function describe(record: InstanceRecord, { service, snooze, nowMs, desired }: ServiceFacts): InstanceSnapshot {
  const { quickDeaths: _q, deathsMs: _d, leader: _l, process, ...shown } = record;
  const file = service.health === undefined ? undefined : snooze(record.number);
  const untilMs = snoozedUntilMs(file, { nowMs, maxSeconds: service.health?.snoozeMaxSeconds ?? 0 });
  return {
    ...shown,
    ...(process !== undefined && isAlive(record) && { pid: process.pid }),
    ...(file !== undefined &&
      untilMs !== undefined &&
      isAlive(record) && { snooze: { sinceMs: file.writtenMs, untilMs } }),
    ...(desired.instance(record.number).wanted === 'down' && { stopped: true as const }),
  };
}

/** "stopped by ada at …", for whoever asks why it is down. */
export function wishWords({ desired, wish }: ServiceSnapshot, formatTime: (ms: number) => string): string {
  if (wish === undefined) return desired;
  return `${desired}, ${desired === 'up' ? 'started' : 'stopped'} ${askWords(wish, formatTime)}`;
}
