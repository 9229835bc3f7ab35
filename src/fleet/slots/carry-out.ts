/** One look at the slots of a service, and the transactions of the moves that follow from it. */

import type { Change, Guard, Patience, TxnAnswer, Unreachable } from '../../system/types/engine.ts';
import type { FleetPorts } from '../claim/look.ts';
import { put, remove } from '../store/view.ts';
import { homeOf } from './cycle.ts';
import { type SlotMove, type SlotRules, turnAfter } from './decide.ts';
import type { SlotRecord } from './records.ts';
import { type SlotsView, slotRanges, slotsView } from './view.ts';

export interface SlotsSeen {
  readonly is: 'seen';
  readonly view: SlotsView;
  /** The engine's time at the read. */
  readonly nowMs: number;
}

export async function lookAtSlots(
  rules: SlotRules,
  host: string,
  { engine, keys }: Pick<FleetPorts, 'engine' | 'keys'>,
  patience: Patience,
): Promise<SlotsSeen | Unreachable> {
  const homes = [...Array(Math.min(rules.instances, rules.cycle.length)).keys()].map((number) =>
    homeOf(number, rules.cycle),
  );
  const hosts = [host, ...homes.filter((home) => home !== undefined)];
  const answer = await engine.read(slotRanges(keys, { slug: rules.slug, hosts }), patience);
  if (answer.is === 'unreachable') return answer;
  const nowMs = Math.round(answer.time.nowMs);
  return { is: 'seen', view: slotsView(keys, rules.slug, answer.entries, nowMs), nowMs };
}

export interface CarryOut {
  readonly slug: string;
  readonly instance: number;
  readonly host: string;
  readonly move: SlotMove;
  readonly seen: SlotsSeen;
  /** The record of a slot that is taken, and the lease that it is on. */
  readonly taking?: { readonly record: SlotRecord; readonly lease: string };
}

/** Carries out a move that changes keys. All that it depends on is compared: "as I have just seen it". */
export function carryOut(
  { slug, instance, host, move, seen, taking }: CarryOut,
  { engine, keys }: Pick<FleetPorts, 'engine' | 'keys'>,
  patience: Patience,
): Promise<TxnAnswer> {
  const slotKey = keys.slot(slug, instance);
  const turnKey = keys.turn(slug, instance);
  const deciding = [slotKey, turnKey, keys.cordon(host), keys.desired(slug)];
  const guards: readonly Guard[] = deciding.map((key) => ({ key, modified: seen.view.modified(key) }));
  const turn = turnAfter(move, host, seen.nowMs);
  const changes: Change[] = [turn === undefined ? remove(turnKey) : put(turnKey, turn)];
  const indexKey = keys.hostInstance(host, slug, instance);
  if (move.is === 'take' && taking !== undefined) {
    const { record, lease } = taking;
    changes.push(put(slotKey, record, lease), put(indexKey, { run: record.run }, lease));
  }
  if (move.is === 'free') changes.push(remove(slotKey), remove(indexKey));
  return engine.txn(guards, changes, patience);
}
