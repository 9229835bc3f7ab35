/**
 * The look of a host that has no supervisor of a service: is there a slot for it? It writes down
 * since when a slot is free, so that the time runs also while no supervisor is up.
 */

import type { Patience, Unreachable } from '../../system/types/engine.ts';
import type { FleetPorts } from '../claim/look.ts';
import { carryOut, lookAtSlots, type SlotsSeen } from './carry-out.ts';
import { decideSlots, type SlotRules } from './decide.ts';

/** `isNeeded`: a supervisor has something to do here. */
export type EnsureAnswer =
  | { readonly is: 'looked'; readonly isNeeded: boolean; readonly seen: SlotsSeen }
  | Unreachable;

export async function ensureSlots(
  rules: SlotRules,
  host: string,
  ports: Pick<FleetPorts, 'engine' | 'keys'>,
  patience: Patience,
): Promise<EnsureAnswer> {
  const seen = await lookAtSlots(rules, host, ports, patience);
  if (seen.is === 'unreachable') return seen;
  const asker = { host, run: undefined, isActive: () => false };
  let isNeeded = false;
  for (const [instance, move] of decideSlots(rules, asker, seen.view, seen.nowMs)) {
    // A slot that is called home is free in a moment, and its supervisor is there then.
    if (move.is === 'take' || move.is === 'call') isNeeded = true;
    // Refused, or not answered: the next look, a minute later, decides again.
    if (move.is === 'mark' || move.is === 'free')
      await carryOut({ slug: rules.slug, instance, host, move, seen }, ports, patience);
  }
  return { is: 'looked', isNeeded, seen };
}
