/** Rules: how much of one key of a job file Kubernetes can say. */
import type { Job, RunJob, ServiceJob } from '../../../../job/job.ts';
import type { jobSchema } from '../../../../job/keys/schema.ts';
import type { Zone } from '../../../../zone/zone.ts';

export type Key = keyof typeof jobSchema.properties;

/** The facts beside the job that a rule may look at. */
export interface Circumstances {
  /** The zone of the job's schedule. */
  readonly zone: Zone;
  readonly nowMs: number;
}

/** Words about a job that uses the key; `undefined` where nothing is lost. They follow the key and a colon. */
type Words = (job: Job, circumstances: Circumstances) => string | undefined;

export type Rule =
  /** The object has it, with the same meaning. */
  | 'said'
  /** It belongs to the host or to process-control; the test tells whether the job uses it. */
  | { readonly is: 'not-of-a-pod'; readonly isUsed: (job: Job) => boolean }
  /** The job would do something else: an error unless a person allows it. */
  | { readonly is: 'loss'; readonly words: Words }
  /** The job does its work, and something about it differs. */
  | { readonly is: 'warning'; readonly words: Words };

/** A rule for each key, or several. */
export type Rules<K extends string> = Readonly<Record<K, Rule | readonly Rule[]>>;

export function loss(words: Words): Rule {
  return { is: 'loss', words };
}

export function warning(words: Words): Rule {
  return { is: 'warning', words };
}

export function notOfAPod(isUsed: (job: Job) => boolean): Rule {
  return { is: 'not-of-a-pod', isUsed };
}

/** Makes words for jobs that end; there are none for services. */
export function ofRuns(words: (job: RunJob, circumstances: Circumstances) => string | undefined): Words {
  return (job, circumstances) => (job.service === undefined ? words(job, circumstances) : undefined);
}

export function ofServices(words: (job: ServiceJob) => string | undefined): Words {
  return (job) => (job.service === undefined ? undefined : words(job));
}
