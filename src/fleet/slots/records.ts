/** The values of the keys of a service whose instances are spread over the hosts of a pool. */

import { count, type Decoder, mapOf, oneOf, optional, shape, tagged, text, time } from '../../text/decode.ts';
import type { Writer } from '../store/records.ts';

/** An instance and where it runs: also its endpoint. It is on the lease of its supervisor. */
export interface SlotRecord extends Writer {
  readonly instance: number;
  /** The engine's time when this supervisor took the slot. */
  readonly atMs: number;
  /** The name or address by which clients reach the host. */
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  /** The state of the instance, as in `jobctl status`. */
  readonly state: string;
  /** Set after `jobctl restart`: the host whose slot it is may call it home. */
  readonly offered?: true;
}

/** The last word about who has a slot. It is not on a lease. */
export type Turn =
  /** The host that took the slot last. If there is no slot, that host has been silent for `takeover`. */
  | { readonly is: 'held'; readonly host: string }
  /** Nobody holds it since then, by the engine's time. `silent`: the host that had it and did not give it back. */
  | { readonly is: 'free'; readonly sinceMs: number; readonly silent?: string }
  /** Its home wants it back, and the host that has it has offered it. */
  | { readonly is: 'called'; readonly host: string };

export const slotRecord: Decoder<SlotRecord> = shape<SlotRecord>({
  ...{ host: text, boot: text, run: text, instance: count, atMs: time, address: text },
  ports: mapOf(count),
  state: text,
  offered: optional(oneOf(true)),
});

export const turn: Decoder<Turn> = tagged<Turn, 'is'>('is', {
  held: shape<Extract<Turn, { is: 'held' }>>({ is: oneOf('held'), host: text }),
  free: shape<Extract<Turn, { is: 'free' }>>({ is: oneOf('free'), sinceMs: time, silent: optional(text) }),
  called: shape<Extract<Turn, { is: 'called' }>>({ is: oneOf('called'), host: text }),
});

/** The part of a decision of people that hosts without a supervisor need. */
export const desiredState = shape<{ readonly wanted: 'up' | 'down' }>({ wanted: oneOf('up', 'down') });
