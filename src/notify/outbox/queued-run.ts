/**
 * A run in the queue: what run-job knows when the run starts or ends and the history does not say.
 * It carries the recipients too: a notice goes to those that the job file named during the run.
 */
import type { Channel } from '../../job/keys/notices.ts';
import type { Trigger } from '../../run/history/event.ts';
import { outcome, trigger } from '../../run/history/event-decoder.ts';
import { isKnownOutcome, type Outcome } from '../../run/outcome/outcome.ts';
import { count, decodeJson, list, oneOf, optional, shape, tagOf, text, time } from '../../text/decode.ts';
import type { Failmail } from '../routing.ts';
import { channel } from './channel-decoder.ts';

export interface QueuedRun {
  readonly slug: string;
  readonly run: string;
  readonly phase: 'started' | 'ended';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly startedMs: number;
  readonly name: string;
  readonly description?: string;
  readonly host: string;
  readonly trigger: Trigger;
  readonly channels: readonly Channel[];
  /** Failures in a row that open an incident. */
  readonly after: number;
  readonly skipThreshold?: number;
  /**
   * Absent: the job has none, or a version of process-control that sent failmail itself wrote this.
   */
  readonly failmail?: Failmail;
  /** Sender of the mails of `notify`; absent: the service user at this host. */
  readonly fromAddress?: string;
  /** Absent while the job runs. It is in the history too, unless that could not be written. */
  readonly outcome?: Outcome;
  readonly logPath?: string;
  /** The last lines of output. */
  readonly tail: string;
  /** Warnings about the run: lost output, a history that could not be written. */
  readonly remarks: readonly string[];
  /** The reason why the failures of the job have paused it; absent: it is not paused. */
  readonly pause?: string;
}

/** File names sort by time. The slug can be read without the right to read the file. */
export function queuedRunName({ slug, run, phase, atMs }: QueuedRun): string {
  return `${slug}@${atMs}-${run}-${phase}.json`;
}

/** An outcome, or `later`: an outcome that only a later version knows. */
const outcomeOrLater = (value: unknown) =>
  outcome(value) ?? (isKnownOutcome(value) || tagOf(value, 'kind') === undefined ? undefined : 'later');

const queuedRun = shape<Omit<QueuedRun, 'outcome'> & { readonly outcome?: Outcome | 'later' }>({
  slug: text,
  run: text,
  phase: oneOf('started', 'ended'),
  atMs: time,
  startedMs: time,
  name: text,
  description: optional(text),
  host: text,
  trigger,
  channels: list(channel),
  after: count,
  skipThreshold: optional(count),
  failmail: optional(shape<Failmail>({ from: text, to: text, after: count })),
  fromAddress: optional(text),
  outcome: optional<Outcome | 'later'>(outcomeOrLater),
  logPath: optional(text),
  tail: text,
  remarks: list(text),
  pause: optional(text),
});

/** `undefined` for text that is no queued run. */
export function parseQueuedRun(json: string): QueuedRun | undefined {
  const read = decodeJson(json, queuedRun);
  if (read === undefined) return undefined;
  const { outcome: ended, ...rest } = read;
  return ended === undefined || ended === 'later' ? rest : { ...rest, outcome: ended };
}
