/**
 * The answers of the API, version 1: values that `jobctl --json` prints too, in an envelope. Their schema is schema/api.schema.json, made from these
 * types; within a version keys are only added.
 */
import type { HostFacts } from '../../../report/host-snapshot.ts';
import type { BrokenJobSnapshot, JobSnapshot } from '../../../report/snapshot.ts';

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

/** `/api/v1/host` */
export interface HostAnswer extends Envelope {
  readonly item: HostFacts;
}

/** `/api/v1/jobs` and `/api/v1/services`, sorted by name */
export interface JobsAnswer extends List {
  readonly items: readonly ApiJob[];
}

/** `/api/v1/jobs/NAME` and `/api/v1/services/NAME` */
export interface JobAnswer extends Envelope {
  readonly item: ApiJob;
}

/** Every answer that is no success */
export interface ErrorAnswer {
  readonly error: { readonly code: 'not-found' | 'wrong-query' | 'failed'; readonly words: string };
}

/** All of them: the schema is made from this type. */
export type ApiAnswer = HostAnswer | JobsAnswer | JobAnswer | ErrorAnswer;
