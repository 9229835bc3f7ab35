/** The values of keys in the engine. A host may meet what another version has written. */

import {
  count,
  type Decoder,
  difference,
  list,
  oneOf,
  optional,
  type Shape,
  shape,
  tagged,
  text,
  time,
} from '../../text/decode.ts';

/** The process that writes: its host, the boot of that host, and the run it stands for. */
export interface Writer {
  readonly host: string;
  /** Id of the boot, as the kernel gives it. */
  readonly boot: string;
  /** Never used twice: by it a run-job knows its own claim again. */
  readonly run: string;
}

const skipReasons = ['paused', 'running', 'queue-full', 'locked', 'late'] as const;
export type SkipReason = (typeof skipReasons)[number];

/** The end of a tick's story. Times are the engine's. */
export type Fate =
  | (Started & { readonly fate: 'started' })
  | (Writer & { readonly fate: 'skipped'; readonly atMs: number; readonly why: SkipReason })
  | (Writer & { readonly fate: 'missed'; readonly atMs: number });

export interface Started extends Writer {
  readonly atMs: number;
  /** Counts the runs of this tick, from 1: one more for each that was lost. */
  readonly attempt: number;
  /** Hash of the job file that the host has. */
  readonly definition: string;
  /** The run's outcome; `lost` if it has left without a word. Absent while it runs. */
  readonly outcome?: string;
}

/** The outcome of a run of which nothing was heard any more. */
export const lost = 'lost';

/** The run that holds the job and these fleet-wide locks. */
export interface Holder extends Writer {
  readonly tickMs: number;
  readonly atMs: number;
  readonly locks: readonly string[];
}

/** The run that waits for the one under way. */
export interface Waiter extends Writer {
  readonly tickMs: number;
}

/** A shared lock, and the job that holds it. */
export interface LockRecord extends Writer {
  readonly job: string;
}

/** The mark of one schedule: each tick up to `untilMs` has its fate. */
export interface Settled {
  readonly rule: string;
  readonly untilMs: number;
}

/** An order for the run that holds the job. */
export interface Stop {
  readonly run: string;
  readonly why: string;
  readonly by: string;
}

/** A pause or a cordon. */
export interface Hold {
  readonly by: string;
  readonly atMs: number;
  readonly reason?: string;
  /** The engine's time; absent if it lasts until a person ends it. */
  readonly untilMs?: number;
}

/** A host that was there at a moment of the engine's. */
export interface Presence {
  readonly boot: string;
  readonly atMs: number;
  /** The clock of the host less the engine's. */
  readonly aheadMs: number;
  /** The release of process-control. */
  readonly version: string;
  /** Another boot that has written under the same name while this one was up: two hosts have one name. */
  readonly beside?: { readonly boot: string; readonly atMs: number };
}

const writer: Shape<Writer> = { host: text, boot: text, run: text };

export const fate: Decoder<Fate> = tagged<Fate, 'fate'>('fate', {
  started: shape<Extract<Fate, { fate: 'started' }>>({
    ...writer,
    fate: oneOf('started'),
    atMs: time,
    attempt: count,
    definition: text,
    outcome: optional(text),
  }),
  skipped: shape<Extract<Fate, { fate: 'skipped' }>>({
    ...writer,
    fate: oneOf('skipped'),
    atMs: time,
    why: oneOf(...skipReasons),
  }),
  missed: shape<Extract<Fate, { fate: 'missed' }>>({ ...writer, fate: oneOf('missed'), atMs: time }),
});

export const holder = shape<Holder>({ ...writer, tickMs: time, atMs: time, locks: list(text) });
export const waiter = shape<Waiter>({ ...writer, tickMs: time });
export const lockRecord = shape<LockRecord>({ ...writer, job: text });
export const settled = shape<Settled>({ rule: text, untilMs: time });
export const stop = shape<Stop>({ run: text, why: text, by: text });
export const presence = shape<Presence>({
  boot: text,
  atMs: time,
  aheadMs: difference,
  version: text,
  beside: optional(shape({ boot: text, atMs: time })),
});
export const hold = shape<Hold>({ by: text, atMs: time, reason: optional(text), untilMs: optional(time) });
