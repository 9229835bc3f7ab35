/**
 * Writes that a host is there, each minute. The record stays when the host goes, so that people can
 * see when it was there last. It also tells when two hosts have one name.
 */

import type { Clock } from '../../system/types/clock.ts';
import type { Patience, Unreachable } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import { defined } from '../../text/defined.ts';
import type { FleetStore } from '../overview/hosts.ts';
import { type Presence, presence } from '../store/records.ts';
import { put } from '../store/view.ts';

export interface Here {
  readonly host: string;
  /** Id of the boot, as the kernel gives it. */
  readonly boot: string;
  readonly version: string;
}

/** The record that was written. */
export type PresenceAnswer = ({ readonly is: 'written' } & Presence) | Unreachable;

export async function writePresence(
  { host, boot, version }: Here,
  { engine, keys, clock }: FleetStore & { readonly clock: Clock },
  patience: Patience,
): Promise<PresenceAnswer> {
  const key = keys.seen(host);
  const look = await engine.read([{ key }], patience);
  if (look.is === 'unreachable') return look;
  const { nowMs: atMs } = look.time;
  const aheadMs = Math.round(clock.nowMs() - atMs);
  const bootedMs = atMs - clock.sinceBootMs();
  const before = decodeJson(look.entries[0]?.value, presence);
  const beside = before && besideOf(before, { boot, bootedMs, nowMs: atMs });
  const written: Presence = { boot, atMs: Math.round(atMs), aheadMs, version, ...defined({ beside }) };
  const done = await engine.txn([], [put(key, written)], patience);
  if (done.is === 'unreachable') return done;
  return { is: 'written', ...written };
}

/** The clocks of etcd's members are known to half a second each. */
const doubtMs = 5000;

/** After so long without a word of the other host the name is this host's alone. */
const besideMs = 10 * 60_000;

interface Now {
  readonly boot: string;
  readonly bootedMs: number;
  readonly nowMs: number;
}

/** An earlier boot of this host can't have written after this one began. */
function besideOf(before: Presence, { boot, bootedMs, nowMs }: Now): Presence['beside'] {
  if (before.boot !== boot && before.atMs > bootedMs + doubtMs) return { boot: before.boot, atMs: before.atMs };
  const { beside } = before;
  return beside !== undefined && beside.boot !== boot && nowMs - beside.atMs < besideMs ? beside : undefined;
}
