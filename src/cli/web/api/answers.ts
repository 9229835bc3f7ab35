/**
 * The answers of the API, version 1: values that `jobctl --json` prints too, in an envelope. Their schema is schema/api.schema.json, made from these
 * types; within a version keys are only added.
 */
import type { UpcomingTick } from '../../../report/clock/upcoming.ts';
import type { EntryValue } from '../../../report/history-view.ts';
import type { HostFacts } from '../../../report/host-snapshot.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import type { BrokenJobSnapshot, JobSnapshot } from '../../../report/snapshot.ts';
import type { Answer } from '../../../report/why/answer.ts';
import type { Finding } from '../../../report/why/finding.ts';

interface Envelope {
  readonly version: 1;
  /** The name of the host. */
  readonly host: string;
  /** When its state was read, milliseconds since 1970. */
  readonly atMs: number;
}

interface List extends Envelope {
  /** The `cursor` of the next request; absent at the end of the list. */
  readonly next?: string;
}

export type ApiJob = JobSnapshot | BrokenJobSnapshot;

/**
 * `/api/v1/host`
 * @public
 */
export interface HostAnswer extends Envelope {
  readonly item: HostFacts;
}

/**
 * `/api/v1/jobs` and `/api/v1/services`, sorted by name
 * @public
 */
export interface JobsAnswer extends List {
  readonly items: readonly ApiJob[];
}

/**
 * `/api/v1/jobs/NAME` and `/api/v1/services/NAME`
 * @public
 */
export interface JobAnswer extends Envelope {
  readonly item: ApiJob;
}

/**
 * `/api/v1/jobs/NAME/runs`, newest first
 * @public
 */
export interface RunsAnswer extends List {
  readonly items: readonly RunSnapshot[];
}

/**
 * `/api/v1/jobs/NAME/runs/RUN`
 * @public
 */
export interface RunAnswer extends Envelope {
  readonly item: RunSnapshot;
}

/**
 * `/api/v1/jobs/NAME/runs/RUN/log`
 * @public
 */
export interface LogAnswer extends Envelope {
  readonly item: LogValue;
}

export interface LogValue {
  /** The size of the file; of a compressed one, its compressed size. */
  readonly sizeBytes: number;
  readonly isCompressed: boolean;
  readonly lines: readonly LogLine[];
  /** The `from` of the lines before these; absent when these are the first. */
  readonly older?: number;
  readonly newer?: number;
  /** The number of lines of the whole log. */
  readonly total?: number;
  /** The number of lines that were asked for by `find` and `stream`, and which of them is the first here. */
  readonly matches?: { readonly count: number; readonly first: number };
  /** False when reading took too long, so that there may be more. */
  readonly isWhole: boolean;
}

export interface LogLine {
  /** The byte at which it begins. */
  readonly at: number;
  /** From 1. */
  readonly number?: number;
  /** The line of the file, with stamp, level and escape sequences. */
  readonly text: string;
  /** More of the line is left out here. */
  readonly isCut?: true;
}

/**
 * `/api/v1/events`, newest first: runs, what became of services, and what people decided
 * @public
 */
export interface EventsAnswer extends List {
  readonly items: readonly EntryValue[];
}

/** The `zone` by its name */
export interface NextTick extends Omit<UpcomingTick, 'zone'> {
  readonly zone?: string;
}

/**
 * `/api/v1/next`: the starts to come, in their order
 * @public
 */
export interface NextAnswer extends List {
  readonly items: readonly NextTick[];
}

/**
 * `/api/v1/timeline`: each job with its runs in a span of time and, as far as that is to come, its starts
 * @public
 */
export interface TimelineAnswer extends List {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly items: readonly {
    readonly job: string;
    readonly runs: readonly RunSnapshot[];
    readonly ticks: readonly NextTick[];
  }[];
}

/**
 * `/api/v1/why/NAME`
 * @public
 */
export interface WhyAnswer extends Envelope {
  readonly item: Answer & { readonly slug: string; readonly findings: readonly Finding[] };
}

/** Every answer that is no success */
export interface ErrorAnswer {
  readonly error: { readonly code: 'not-found' | 'wrong-query' | 'failed'; readonly words: string };
}

/** All of them: the schema is made from this type. */
export type ApiAnswer =
  | (HostAnswer | JobsAnswer | JobAnswer | RunsAnswer | RunAnswer | LogAnswer)
  | (EventsAnswer | NextAnswer | TimelineAnswer | WhyAnswer | ErrorAnswer);
