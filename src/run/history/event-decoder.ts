/**
 * Decodes the lines of a history. Every field of an event that comes from here has its declared
 * type.
 */
import {
  count,
  type Decoder,
  duration,
  flag,
  list,
  oneOf,
  optional,
  shape,
  tagged,
  tagOf,
  text,
  time,
} from '../../text/decode.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Carried, HistoryEvent, Steered, Streak, Tick, Trigger, Untold } from './event.ts';
import { readPlainEnd } from './plain-end.ts';
import type { Totals } from './totals.ts';

type OutcomeOf<K extends Outcome['kind']> = Extract<Outcome, { kind: K }>;
/** Every event that programs write. `ended-unknown` is made by readers only. */
type WrittenEvent = Exclude<HistoryEvent, { event: 'ended-unknown' }>;
type EventOf<K extends WrittenEvent['event']> = Extract<HistoryEvent, { event: K }>;

const skipped = shape<OutcomeOf<'skipped'>>({
  kind: oneOf('skipped'),
  reason: oneOf('running', 'locked', 'queue-full', 'deadline', 'claimed', 'not-due', 'paused', 'unclaimed'),
  words: text,
  allowed: flag,
});

const notStarted = shape<OutcomeOf<'not-started'>>({
  kind: oneOf('not-started'),
  stage: text,
  reason: text,
  code: oneOf(77, 78, 125, 126, 127),
});

const missed = shape<OutcomeOf<'missed'>>({
  kind: oneOf('missed'),
  tickMs: time,
  firstMs: optional(time),
  count,
  words: text,
});

const outcomes = {
  exited: shape<OutcomeOf<'exited'>>({ kind: oneOf('exited'), code: count, accepted: optional(flag) }),
  'broke-rule': shape<OutcomeOf<'broke-rule'>>({
    kind: oneOf('broke-rule'),
    rule: oneOf('fail_on_stderr', 'fail_on_output', 'require_output', 'min_duration'),
    words: text,
  }),
  signalled: shape<OutcomeOf<'signalled'>>({ kind: oneOf('signalled'), signal: count }),
  'timed-out': shape<OutcomeOf<'timed-out'>>({ kind: oneOf('timed-out'), afterSeconds: duration }),
  stopped: shape<OutcomeOf<'stopped'>>({
    kind: oneOf('stopped'),
    signal: count,
    by: text,
    replacedBy: optional(text),
    because: optional(text),
    allowed: optional(oneOf(true)),
    person: optional(oneOf(true)),
  }),
  'left-processes': shape<OutcomeOf<'left-processes'>>({ kind: oneOf('left-processes'), count }),
  'not-started': notStarted,
  skipped,
  lost: shape<OutcomeOf<'lost'>>({ kind: oneOf('lost'), reason: text }),
  interrupted: shape<OutcomeOf<'interrupted'>>({ kind: oneOf('interrupted') }),
  missed,
} as const satisfies { readonly [K in Outcome['kind']]: Decoder<OutcomeOf<K>> };

export const outcome: Decoder<Outcome> = tagged<Outcome, 'kind'>('kind', outcomes);

export const trigger: Decoder<Trigger> = tagged<Trigger, 'by'>('by', {
  clock: shape<Extract<Trigger, { by: 'clock' }>>({ by: oneOf('clock') }),
  person: shape<Extract<Trigger, { by: 'person' }>>({ by: oneOf('person'), uid: count, name: text }),
  job: shape<Extract<Trigger, { by: 'job' }>>({ by: oneOf('job'), parentRun: text }),
});

const tick = shape<Tick>({ tickMs: time, lateMs: optional(duration), caughtUp: optional(oneOf(true)) });

export const streak: Decoder<Streak> = shape<Streak>({
  failures: count,
  failingSinceMs: optional(time),
  lastSuccessMs: optional(time),
  failedRuns: optional(count),
  collisions: optional(count),
});

const carried = shape<Carried>({
  totals: shape<Totals>({ success: count, failure: count, skipped: count, missed: count, durationMs: duration }),
  lastStatus: oneOf('success', 'failure', 'skipped', 'unknown'),
  untold: optional(shape<Untold>({ run: text, startedMs: time, words: text, notices: optional(list(text)) })),
});

const actions: readonly Steered['action'][] = ['pause', 'resume', 'reset', 'start', 'restart'];

const common = { run: text, atMs: time };
const started = { ...common, trigger, host: text, tick: optional(tick) };

const events = {
  waiting: shape<EventOf<'waiting'>>({ event: oneOf('waiting'), ...started, words: text }),
  started: shape<EventOf<'started'>>({
    event: oneOf('started'),
    ...started,
    jobSha256: text,
    logPath: text,
    slowStart: optional(oneOf(true)),
    fence: optional(text),
  }),
  'attempt-failed': shape<EventOf<'attempt-failed'>>({
    event: oneOf('attempt-failed'),
    ...common,
    attempt: count,
    outcome,
    nextMs: time,
  }),
  ended: shape<Omit<EventOf<'ended'>, 'startedMs' | 'isPlain'>>({
    event: oneOf('ended'),
    ...common,
    outcome,
    durationMs: duration,
    streak,
    carried: optional(carried),
    attempt: count,
    trigger: optional(trigger),
    host: optional(text),
    tick: optional(tick),
    lostBytes: optional(count),
    leftOut: optional(shape<NonNullable<EventOf<'ended'>['leftOut']>>({ bytes: count, lines: count })),
    swept: optional(count),
    survivors: optional(list(text)),
    warning: optional(text),
    paused: optional(text),
  }),
  summary: shape<EventOf<'summary'>>({ event: oneOf('summary'), ...common, streak, carried }),
  skipped: shape<EventOf<'skipped'>>({ event: oneOf('skipped'), ...started, outcome: skipped }),
  'not-started': shape<EventOf<'not-started'>>({ event: oneOf('not-started'), ...started, outcome: notStarted }),
  missed: shape<EventOf<'missed'>>({ event: oneOf('missed'), ...common, host: text, outcome: missed }),
  interrupted: shape<EventOf<'interrupted'>>({ event: oneOf('interrupted'), ...common }),
  'stop-requested': shape<EventOf<'stop-requested'>>({
    event: oneOf('stop-requested'),
    ...common,
    by: text,
    reason: optional(text),
    replacedBy: optional(text),
  }),
  'notice-failed': shape<EventOf<'notice-failed'>>({
    event: oneOf('notice-failed'),
    ...common,
    channel: text,
    reason: text,
  }),
  'notice-delivered': shape<EventOf<'notice-delivered'>>({
    event: oneOf('notice-delivered'),
    ...common,
    channel: text,
  }),
  'stood-for': shape<EventOf<'stood-for'>>({ event: oneOf('stood-for'), ...common, tickMs: time }),
  steered: shape<EventOf<'steered'>>({
    event: oneOf('steered'),
    ...common,
    action: oneOf(...actions),
    by: text,
    reason: optional(text),
    untilMs: optional(time),
    tag: optional(text),
    started: optional(text),
  }),
} as const satisfies { readonly [K in WrittenEvent['event']]: Decoder<EventOf<K>> };

const event = tagged<WrittenEvent, 'event'>('event', events);

/**
 * The reading of one line. `later`: a later version wrote an event of a kind that this one does not
 * know. `damaged`: the part of the event that can be understood.
 */
export type ReadEvent =
  | { readonly is: 'event' | 'damaged'; readonly event: HistoryEvent }
  | { readonly is: 'later' | 'unreadable' };

export function readEvent(line: string): ReadEvent {
  const plain = readPlainEnd(line);
  if (plain !== undefined) return { is: 'event', event: plain };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { is: 'unreadable' };
  }
  const decoded = event(value);
  if (decoded !== undefined) return { is: 'event', event: decoded };
  const kind = tagOf(value, 'event');
  if (kind === undefined) return { is: 'unreadable' };
  if (!Object.hasOwn(events, kind)) return { is: 'later' };
  return laterEvent(kind, value as Readonly<Record<string, unknown>>);
}

/**
 * Reads an event of a known kind that does not decode: it is damaged, or a later version gave it an
 * outcome or action that this one does not know. If the event ends a run, the run counts as over.
 */
function laterEvent(kind: string, value: Readonly<Record<string, unknown>>): ReadEvent {
  const named = shape<{ readonly run: string; readonly atMs: number }>(common)(value);
  if (named === undefined) return { is: 'unreadable' };
  const action = tagOf(value, 'action');
  if (kind === 'steered') return { is: isUnknown(action, actions) ? 'later' : 'unreadable' };
  const isLater = isUnknown(tagOf(value.outcome, 'kind'), Object.keys(outcomes));
  if (!endings.has(kind)) return { is: isLater ? 'later' : 'unreadable' };
  return { is: isLater ? 'event' : 'damaged', event: { event: 'ended-unknown', ...named } };
}

/** The kinds of event that end a run. */
const endings: ReadonlySet<string> = new Set<WrittenEvent['event']>(['ended', 'skipped', 'not-started', 'missed']);

function isUnknown(word: string | undefined, known: readonly string[]): boolean {
  return word !== undefined && !known.includes(word);
}
