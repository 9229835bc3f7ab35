/**
 * A note: what a run knows when it starts or ends that its history will not say, left for whoever words and sends the notices. It carries
 * the channels too, so that what is told of a run is what its job file said while it ran.
 */
import type { Channel } from '../job/notices.ts';
import type { Trigger } from '../run/event.ts';
import { isKnownOutcome, type Outcome } from '../run/outcome.ts';

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

/** `undefined` for what is no note of ours. */
export function parseNote(text: string): RunNote | undefined {
  try {
    const note = JSON.parse(text) as RunNote;
    const isWhole =
      typeof note.slug === 'string' &&
      typeof note.run === 'string' &&
      Number.isFinite(note.atMs) &&
      Array.isArray(note.channels) &&
      Array.isArray(note.remarks) &&
      typeof note.tail === 'string';
    if (!isWhole) return undefined;
    if (note.outcome === undefined || isKnownOutcome(note.outcome)) return note;
    // Of a later version: what became of the run is not known here.
    const { outcome: _unknown, ...rest } = note;
    return rest;
  } catch {
    return undefined;
  }
}
