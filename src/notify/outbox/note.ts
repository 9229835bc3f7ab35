/**
 * A note: what a run knows when it starts or ends that its history will not say, left for whoever words and sends the notices. It carries
 * the channels too, so that what is told of a run is what its job file said while it ran.
 */
import type { Channel } from '../../job/keys/notices.ts';
import type { Trigger } from '../../run/history/event.ts';
import { outcome, trigger } from '../../run/history/event-decoder.ts';
import { isKnownOutcome, type Outcome } from '../../run/outcome/outcome.ts';
import { count, decodeJson, list, oneOf, optional, shape, tagOf, text, time } from '../../text/decode.ts';
import { channel } from './channel-decoder.ts';

export interface RunNote {
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
  /** Sender of mails; absent: the service user at this host. */
  readonly fromAddress?: string;
  /** Absent while it runs. Also in the history, unless that could not be written. */
  readonly outcome?: Outcome;
  readonly logPath?: string;
  /** The last lines of output. */
  readonly tail: string;
  /** What went wrong beside the job itself. */
  readonly remarks: readonly string[];
  /** Why its failures have paused the job. */
  readonly pause?: string;
}

/** Sorts by time; the slug can be read without the right to read the note. */
export function noteName({ slug, run, phase, atMs }: RunNote): string {
  return `${slug}@${atMs}-${run}-${phase}.json`;
}

/** Of a later version: what became of the run is not known here. */
const outcomeOrLater = (value: unknown) =>
  outcome(value) ?? (isKnownOutcome(value) || tagOf(value, 'kind') === undefined ? undefined : 'later');

const note = shape<Omit<RunNote, 'outcome'> & { readonly outcome?: Outcome | 'later' }>({
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
  fromAddress: optional(text),
  outcome: optional<Outcome | 'later'>(outcomeOrLater),
  logPath: optional(text),
  tail: text,
  remarks: list(text),
  pause: optional(text),
});

/** `undefined` for what is no note of ours. */
export function parseNote(json: string): RunNote | undefined {
  const read = decodeJson(json, note);
  if (read === undefined) return undefined;
  const { outcome: became, ...rest } = read;
  return became === undefined || became === 'later' ? rest : { ...rest, outcome: became };
}
