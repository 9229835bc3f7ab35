/**
 * The definition of a service for commands: from its file or, if that has problems or is gone, from
 * the record of its supervisor. So jobctl can stop a running service whatever has become of its
 * file.
 */

import type { Seat, Seated } from '../../fleet/seat.ts';
import type { Job } from '../../job/job.ts';
import type { Service } from '../../job/service.ts';
import { defined } from '../../text/defined.ts';
import { formatProblem, type Result } from '../../text/problem.ts';
import type { Definition, ServiceRecord } from './record.ts';

/** The state of the file. `job`: it describes a job now. `elsewhere`: other hosts have the service. */
export type ServiceFile = 'good' | 'disabled' | 'elsewhere' | 'broken' | 'gone' | 'job';

export interface KnownService extends Definition {
  readonly slug: string;
  readonly file: ServiceFile;
  /** The problems of a broken file. */
  readonly problems: readonly string[];
  /** The hosts that have a service of a pool. */
  readonly seat?: Seat;
}

export interface ServiceEvidence {
  readonly slug: string;
  /** `undefined` if there is no file. */
  readonly loaded: Result<Seated<Job>> | undefined;
  readonly record: ServiceRecord | undefined;
  /** Run id of the process that holds the job's lock. */
  readonly holderRun: string | undefined;
  /** Start of the latest run of a job with this name, milliseconds since 1970. */
  readonly lastRunMs: () => number | undefined;
  /** Set if a service without a file and without a process still counts as one. */
  readonly recorded?: boolean;
}

/** Returns the service; `undefined` if no service has this name. */
export function knownService(evidence: ServiceEvidence): KnownService | undefined {
  const { slug, loaded, record } = evidence;
  if (loaded?.ok && loaded.value.service !== undefined) {
    const { enabled, disabled, service } = loaded.value;
    return {
      ...{ slug, problems: [], file: enabled ? 'good' : disabled ? 'disabled' : 'elsewhere' },
      ...definitionOf({ ...loaded.value, service }),
      ...defined({ seat: loaded.value.seat }),
    };
  }
  if (record === undefined || !isStillService(evidence, record)) return undefined;
  const definition = record.definition ?? earlierDefinition(slug, record);
  if (loaded === undefined) return { ...definition, slug, file: 'gone', problems: [] };
  if (loaded.ok) return { ...definition, slug, file: 'job', problems: [] };
  return { ...definition, slug, file: 'broken', problems: loaded.problems.map(formatProblem) };
}

/**
 * True if a record still stands for a service: its supervisor or processes of it live, or the file
 * is broken and no job has run by this name since.
 */
function isStillService(evidence: ServiceEvidence, record: ServiceRecord): boolean {
  const { loaded, holderRun, lastRunMs, recorded = false } = evidence;
  if (holderRun !== undefined) return holderRun === record.run;
  if (loaded === undefined ? !recorded : loaded.ok) return false;
  return (lastRunMs() ?? 0) <= record.startedMs;
}

export function definitionOf({
  name,
  description,
  tags,
  service,
}: Pick<Job, 'name' | 'description' | 'tags'> & { readonly service: Service }): Definition {
  const { instances, stopSeconds, health } = service;
  return {
    ...{ name, tags, instances, stopSeconds },
    ...defined({ description }),
    ...(health !== undefined && { snoozeMaxSeconds: health.snoozeMaxSeconds }),
  };
}

/** The default of `stop_timeout`, for a record without a definition. */
const usualStopSeconds = 10;

/** The definition for a record that an earlier version wrote without one. */
function earlierDefinition(slug: string, { instances }: ServiceRecord): Definition {
  return { name: slug, tags: [], instances: instances.length, stopSeconds: usualStopSeconds };
}
