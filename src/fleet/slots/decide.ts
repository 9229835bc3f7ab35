/**
 * Decides what a supervisor, or `run-job --ensure` of a host without one, does next about each slot
 * of a service, by what one read has shown. It keeps what it has: a slot moves only when its host is
 * silent, gives it back, or has offered it to its home.
 */

import type { Seen } from '../store/view.ts';
import { homeOf, standbys } from './cycle.ts';
import type { SlotRecord, Turn } from './records.ts';
import type { SlotsView } from './view.ts';

/** The part of a service that decides about its slots: the same on all hosts. */
export interface SlotRules {
  readonly slug: string;
  readonly instances: number;
  /** The hosts of the pool; instance i is at home on host i. */
  readonly cycle: readonly string[];
  /** After so long a silence of its supervisor another host takes a slot. */
  readonly takeoverSeconds: number;
}

/** The one who asks. */
export interface SlotAsker {
  readonly host: string;
  /** The run of the supervisor; undefined if this host has none. */
  readonly run: string | undefined;
  /** True if processes of this instance live here. */
  readonly isActive: (instance: number) => boolean;
  /** The supervisor ends: it gives back what it has. */
  readonly isEnding?: boolean;
}

export type SlotMove =
  /** Runs here, or is to begin. */
  | { readonly is: 'keep' }
  /** Becomes this supervisor's. */
  | { readonly is: 'take' }
  /** Its instance is to end here first. */
  | { readonly is: 'end' }
  /** Nothing of it runs here any more, so another host may have it. `forgets`: no host is to have it. */
  | { readonly is: 'free'; readonly forgets: boolean }
  /** No host has it: write down since when, so that its home gets the time to take it. */
  | { readonly is: 'mark'; readonly silent?: string }
  | { readonly is: 'call' }
  | { readonly is: 'leave' };

/** The next host takes a slot so much later than the one before it, which may be away too. */
const standbyStaggerMs = 10_000;

/** Time for a home that is up to take its slot: its `run-job --ensure` comes each minute. */
const homePatienceMs = 120_000;

/** A mark that lies further in the future comes from a clock that was wrong. */
const clockToleranceMs = 5000;

const leave: SlotMove = { is: 'leave' };

/** Returns a move for each slot of the service, and for each that it had with more instances. */
export function decideSlots(
  rules: SlotRules,
  asker: SlotAsker,
  view: SlotsView,
  nowMs: number,
): ReadonlyMap<number, SlotMove> {
  const numbers = new Set([...Array(rules.instances).keys(), ...view.slots.keys()]);
  const loads = loadsOf(view);
  const may =
    asker.isEnding !== true && !view.isDown && rules.cycle.includes(asker.host) && !view.isCordoned(asker.host);
  return new Map(
    [...numbers].map((instance) => {
      const look = { rules, asker, view, nowMs, instance, loads };
      const isWanted = may && instance < rules.instances;
      const forgets = view.isDown || instance >= rules.instances;
      return [instance, decideSlot(look, isWanted, forgets)];
    }),
  );
}

interface Look {
  readonly rules: SlotRules;
  readonly asker: SlotAsker;
  readonly view: SlotsView;
  readonly nowMs: number;
  readonly instance: number;
  /** The instances of each host, with those that it is next to take. */
  readonly loads: Map<string, number>;
}

function decideSlot(look: Look, isWanted: boolean, forgets: boolean): SlotMove {
  const { asker, view, instance } = look;
  const slot = view.slots.get(instance);
  const isActive = asker.isActive(instance);
  if (slot === undefined) {
    if (!isWanted) return isActive ? { is: 'end' } : leave;
    return decideFree(look, isActive);
  }
  // A slot that can't be understood belongs to a newer version.
  if (slot.value === undefined) return isActive ? { is: 'end' } : leave;
  if (slot.value.host === asker.host) return decideOwn(look, slot.value, { isWanted, forgets });
  if (isActive) return { is: 'end' };
  return isWanted && isCallable(look, slot) ? { is: 'call' } : leave;
}

/** A slot of this host: of this supervisor, or of one that is gone, as the lock of the service tells. */
function decideOwn(
  { asker, view, instance, rules }: Look,
  record: SlotRecord,
  { isWanted, forgets }: { readonly isWanted: boolean; readonly forgets: boolean },
): SlotMove {
  const turn = view.turns.get(instance)?.value;
  const isCalled = turn?.is === 'called' && record.offered === true && turn.host !== asker.host;
  const isCalledHome = isCalled && turn.host === homeOf(instance, rules.cycle);
  if (isWanted && !isCalledHome) return record.run === asker.run ? { is: 'keep' } : { is: 'take' };
  return asker.isActive(instance) ? { is: 'end' } : { is: 'free', forgets };
}

function isCallable({ rules, asker, view, instance }: Look, { value }: Seen<SlotRecord>): boolean {
  const isHome = homeOf(instance, rules.cycle) === asker.host;
  return isHome && value?.offered === true && view.turns.get(instance)?.value?.is !== 'called';
}

/** A slot that nobody holds. Who still runs it, or is its home, takes it at once. */
function decideFree(look: Look, isActive: boolean): SlotMove {
  const { rules, asker, view, nowMs, instance, loads } = look;
  const turn = view.turns.get(instance)?.value;
  const home = homeOf(instance, rules.cycle) ?? '';
  const isMine = isActive || home === asker.host || (turn?.is === 'held' && turn.host === asker.host);
  if (isMine) return { is: 'take' };
  if (turn === undefined || turn.is === 'called') return { is: 'mark' };
  const silent = turn.is === 'held' ? turn.host : turn.silent;
  const order = standbys({ cycle: rules.cycle, instance, loads, silent });
  const [next = ''] = order;
  loads.set(next, (loads.get(next) ?? 0) + 1);
  const rank = order.indexOf(asker.host);
  const isHomeAway = silent === home || view.isCordoned(home);
  if (turn.is === 'held') {
    return isHomeAway && rank === 0 ? { is: 'take' } : { is: 'mark', silent: turn.host };
  }
  if (turn.sinceMs > nowMs + clockToleranceMs) return { is: 'mark', ...(silent !== undefined && { silent }) };
  const patienceMs = isHomeAway ? 0 : Math.max(homePatienceMs, rules.takeoverSeconds * 1000);
  return nowMs >= turn.sinceMs + patienceMs + rank * standbyStaggerMs ? { is: 'take' } : leave;
}

function loadsOf({ slots }: SlotsView): Map<string, number> {
  const loads = new Map<string, number>();
  for (const { value } of slots.values())
    if (value !== undefined) loads.set(value.host, (loads.get(value.host) ?? 0) + 1);
  return loads;
}

/** The change of a turn that a move means; undefined if it has none. */
export function turnAfter(move: SlotMove, host: string, nowMs: number): Turn | undefined {
  switch (move.is) {
    case 'take':
      return { is: 'held', host };
    case 'call':
      return { is: 'called', host };
    case 'free':
      return move.forgets ? undefined : { is: 'free', sinceMs: nowMs };
    case 'mark':
      return { is: 'free', sinceMs: nowMs, ...(move.silent !== undefined && { silent: move.silent }) };
    case 'keep':
    case 'end':
    case 'leave':
      return undefined;
    default:
      return move satisfies never;
  }
}
