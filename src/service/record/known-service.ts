/**
 * What commands know of a service: what its file says, or, when the file can't be followed, what its supervisor wrote down. So whatever becomes
 * of the file, what runs is steered as what it is.
 */
import type { Job } from '../../job/job.ts';
import type { Service } from '../../job/service.ts';
import { formatProblem, type Result } from '../../text/problem.ts';
import type { Definition, ServiceRecord } from './record.ts';

/** What became of the file. `job`: it describes a job now. */
export type ServiceFile = 'good' | 'disabled' | 'broken' | 'gone' | 'job';

export interface KnownService extends Definition {
  readonly slug: string;
  readonly file: ServiceFile;
  /** Of a broken file. */
  readonly problems: readonly string[];
}

export interface ServiceEvidence {
  readonly slug: string;
  /** `undefined` when there is no file. */
  readonly loaded: Result<Job> | undefined;
  readonly record: ServiceRecord | undefined;
  /** Run id of the holder of the job's lock. */
  readonly holderRun: string | undefined;
  /** When the latest run of a job with this name started, milliseconds since 1970. */
  readonly lastRunMs: () => number | undefined;
  /** Whether a service counts of which nothing is left but its record. */
  readonly recorded?: boolean;
}

/** `undefined`: nothing by this name is a service. */
export function knownService(evidence: ServiceEvidence): KnownService | undefined {
  const { slug, loaded, record } = evidence;
  if (loaded?.ok && loaded.value.service !== undefined) {
    const { enabled, service } = loaded.value;
    return {
      ...{ slug, problems: [], file: enabled ? 'good' : 'disabled' },
      ...definitionOf({ ...loaded.value, service }),
    };
  }
  if (record === undefined || !isStillService(evidence, record)) return undefined;
  const definition = record.definition ?? earlierDefinition(slug, record);
  if (loaded === undefined) return { ...definition, slug, file: 'gone', problems: [] };
  if (loaded.ok) return { ...definition, slug, file: 'job', problems: [] };
  return { ...definition, slug, file: 'broken', problems: loaded.problems.map(formatProblem) };
}

/** A supervisor lives, or left processes; or the file is broken and nothing has run as a job since the last supervisor. */
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
    ...(description !== undefined && { description }),
    ...(health !== undefined && { snoozeMaxSeconds: health.snoozeMaxSeconds }),
  };
}

/** The default of `stop_timeout`. */
const usualStopSeconds = 10;

/** A record that an earlier version wrote has no definition. */
function earlierDefinition(slug: string, { instances }: ServiceRecord): Definition {
  return { name: slug, tags: [], instances: instances.length, stopSeconds: usualStopSeconds };
}
