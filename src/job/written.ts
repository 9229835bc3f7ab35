/**
 * The written keys of a job: from its file, else from `default_job_config`, else from the schema.
 */
import { noticeKeys } from './keys/notices.ts';
import { policyKeys } from './keys/policy.ts';
import { jobSchema, type WrittenJob } from './keys/schema.ts';
import { serviceKeys } from './keys/service-keys.ts';
import { timingKeys } from './keys/timing.ts';

/**
 * Keys of a job that begins and ends; a service does not take them from `default_job_config`
 * either.
 */
export const runKeys: ReadonlySet<string> = new Set<string>([
  'schedule',
  'slow_start_command',
  'timeout',
  'kill_grace',
  'allow_overtime',
  'leftovers',
  'failure_threshold_for_mail',
  'log_retention',
  ...Object.keys(timingKeys),
  ...Object.keys(policyKeys),
  ...Object.keys(noticeKeys).filter((key) => key !== 'notify'),
]);

export function isForServicesOnly(key: string): boolean {
  return Object.hasOwn(serviceKeys, key) && key !== 'log_max_size';
}

/** The value of each key that has one in the schema. */
const schemaDefaults = Object.fromEntries(
  Object.entries(jobSchema.properties).flatMap(([key, schema]) => ('default' in schema ? [[key, schema.default]] : [])),
) as WrittenJob;

export interface JobSource {
  readonly isService: boolean;
  /** The job file by itself. */
  readonly file: WrittenJob;
  /** The job file and the defaults that hold for a job of its kind. */
  readonly merged: WrittenJob;
  /** The part of `merged` that has the job's tags: the file, or the defaults. */
  readonly tagged: WrittenJob;
  /** The value of a key, with the schema's default. */
  readonly get: <K extends keyof WrittenJob>(key: K) => WrittenJob[K];
}

export function sourceOf(file: WrittenJob, allDefaults: WrittenJob): JobSource {
  const isService = file.service === true;
  const holds = ([key]: [string, unknown]) => (isService ? !runKeys.has(key) : !isForServicesOnly(key));
  const defaults: WrittenJob = Object.fromEntries(Object.entries(allDefaults).filter(holds));
  return {
    isService,
    file,
    merged: { ...defaults, ...file },
    tagged: 'tag' in file || 'tags' in file ? file : defaults,
    get: (key) => file[key] ?? defaults[key] ?? schemaDefaults[key],
  };
}
