/** The fleet as etcd knows it, as `jobctl fleet` shows it. */

import { defined } from '../../text/defined.ts';
import type { Hold, Holder } from '../store/records.ts';
import { isInForceAt } from '../store/view.ts';
import { type HostState, type HostStates, isThere, stateOf } from './hosts.ts';
import type { FleetJobState, FleetTick } from './jobs.ts';

export type EngineView = EngineFacts | { readonly isReached: false; readonly reason: string };

export interface EngineFacts {
  readonly isReached: true;
  /** By the clock of etcd, milliseconds since 1970. */
  readonly nowMs: number;
  /** The clock of this host less that of etcd, give or take `errorMs`. */
  readonly aheadMs: number;
  readonly errorMs: number;
  /** The hosts of the pools, and those in no pool that etcd knows. */
  readonly hosts: readonly HostView[];
  /** Pauses by tag that are in force. */
  readonly tags: readonly TagPause[];
  /** The jobs of which the hosts of a pool claim each tick. */
  readonly jobs: readonly JobView[];
}

export interface HostView extends HostState {
  /** It has written within three minutes that it is there. */
  readonly isThere: boolean;
}

interface TagPause extends Hold {
  readonly tag: string;
}

interface JobView {
  readonly slug: string;
  readonly run?: Holder;
  readonly pause?: Hold;
  /** The newest tick of which something is on record. */
  readonly last?: FleetTick;
  /** Hosts that have started it by another job file than the newest run, after that one was known. */
  readonly otherFiles?: readonly string[];
}

interface Known {
  /** Names of hosts, in the order of the pools. */
  readonly pooled: readonly string[];
  readonly states: HostStates;
  readonly jobs: ReadonlyMap<string, FleetJobState>;
  readonly aheadMs: number;
}

export function engineView({ pooled, states, jobs, aheadMs }: Known): EngineFacts {
  const { nowMs, errorMs } = states.time;
  const names = [...new Set([...pooled, ...[...states.hosts.keys()].sort()])];
  return {
    ...{ isReached: true, nowMs: Math.round(nowMs), aheadMs: Math.round(aheadMs), errorMs: Math.round(errorMs) },
    hosts: names.map((name) => {
      const state = stateOf(name, states.hosts);
      return { ...state, isThere: isThere(state, nowMs) };
    }),
    tags: [...states.tags].flatMap(([tag, hold]) => (isInForceAt(hold, nowMs) ? [{ tag, ...hold }] : [])),
    jobs: [...jobs.values()].map((job) => jobView(job, nowMs)),
  };
}

function jobView({ slug, run, pause, ticks }: FleetJobState, nowMs: number): JobView {
  const others = otherFiles(ticks);
  return {
    slug,
    ...defined({ run, last: ticks.at(-1) }),
    ...(pause !== undefined && isInForceAt(pause, nowMs) && { pause }),
    ...(others.length > 0 && { otherFiles: others }),
  };
}

/** A host that started the job by an old file before the new one was known anywhere is no other. */
function otherFiles(ticks: readonly FleetTick[]): readonly string[] {
  const starts = ticks.flatMap(({ fate }) => (fate.fate === 'started' ? [fate] : []));
  const newest = starts.at(-1)?.definition;
  const since = starts.findIndex(({ definition }) => definition === newest);
  const last = new Map(starts.slice(Math.max(0, since)).map(({ host, definition }) => [host, definition]));
  return [...last].flatMap(([host, definition]) => (definition === newest ? [] : [host])).sort();
}
