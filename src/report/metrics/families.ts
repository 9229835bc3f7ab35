/**
 * The metrics of a host for Prometheus: a row for each, in the order in which they are printed.
 *
 * Names follow https://prometheus.io/docs/practices/naming/: one-word prefix (`process_` is reserved), base units, timestamps instead of ages,
 * `job_name` because `job` and `instance` belong to the scrape. Values that may exist begin at 0, so that "never" can raise an alert.
 */
import type { Totals } from '../../run/history/totals.ts';
import type { Family, Labels, Sample } from './exposition.ts';

/** One host at one instant. */
export interface HostMetrics {
  readonly version: string;
  readonly node: string;
  /** When the state was read, milliseconds since 1970. */
  readonly atMs: number;
  /** The time that reading took, milliseconds. */
  readonly tookMs: number;
  /** Absent where the caller can't know. */
  readonly isCronRunning?: boolean;
  readonly isCrontabInSync?: boolean;
  readonly undeliveredNotices: number;
}

/** One job or service at one instant. Times are milliseconds since 1970, durations milliseconds. */
export interface JobMetrics {
  readonly name: string;
  readonly tags: readonly string[];
  /** Each job file is in one of these. */
  readonly state: 'enabled' | 'disabled' | 'paused' | 'invalid';
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly collisionPolicy?: string;
  /** Runs under way. */
  readonly running: number;
  readonly runningSinceMs?: number;
  /** The first tick that has no start, with splay and pauses; absent when nothing is due. */
  readonly dueMs?: number;
  /** The longest time between two ticks. */
  readonly periodMs?: number;
  /** Since when the job owes runs. */
  readonly expectedSinceMs?: number;
  readonly lastSuccessMs?: number;
  readonly lastRun?: { readonly endedMs: number; readonly durationMs?: number; readonly exitCode?: number };
  readonly failures: number;
  readonly totals: Totals;
  readonly service?: {
    readonly wanted: number;
    readonly up: number;
    readonly instances: readonly { readonly number: number; readonly restarts: number }[];
  };
}

/** `alerts`: only what the shipped alert rules ask for; it keeps a fleet's storage small. */
export type Detail = 'all' | 'alerts';

/** `undefined`: the job has no sample of this metric. */
type OfJob = (job: JobMetrics) => number | undefined;

interface JobFamily {
  readonly type: Family['type'];
  readonly help: string;
  readonly value: OfJob;
  readonly isForAlerts?: true;
}

const prefix = 'processcontrol_';
const states = ['enabled', 'disabled', 'paused', 'invalid'] as const;
const outcomes = ['success', 'failure', 'skipped', 'missed'] as const;

/** One sample a job. Services have no ticks and no outcomes; jobs with an invalid file only what is known without it. */
const jobFamilies: Readonly<Record<string, JobFamily>> = {
  job_enabled: {
    type: 'gauge',
    help: '1 unless the job file says disabled: true.',
    value: ({ state }) => Number(state !== 'disabled' && state !== 'invalid'),
  },
  job_paused: {
    type: 'gauge',
    help: '1 while a pause keeps the job from starting.',
    value: ({ state }) => Number(state === 'paused'),
  },
  job_running: { type: 'gauge', help: 'Runs under way.', value: ({ running }) => running },
  job_running_since_timestamp_seconds: {
    type: 'gauge',
    help: 'Start of the run under way; 0 when there is none.',
    value: ({ service, runningSinceMs = 0 }) => (service === undefined ? seconds(runningSinceMs) : undefined),
    isForAlerts: true,
  },
  job_due_timestamp_seconds: {
    type: 'gauge',
    help: 'First scheduled tick that nothing has started yet; in the past when the job is overdue.',
    value: ({ dueMs }) => (dueMs === undefined ? undefined : seconds(dueMs)),
    isForAlerts: true,
  },
  job_period_seconds: {
    type: 'gauge',
    help: 'Longest time between two scheduled ticks of the coming year.',
    value: ({ periodMs }) => (periodMs === undefined ? undefined : seconds(periodMs)),
    isForAlerts: true,
  },
  job_expected_since_timestamp_seconds: {
    type: 'gauge',
    help: 'Since when the schedule of the job owes runs: its file came or was changed then.',
    value: ({ expectedSinceMs }) => (expectedSinceMs === undefined ? undefined : seconds(expectedSinceMs)),
    isForAlerts: true,
  },
  job_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'End of the last run that succeeded; 0 when none has.',
    value: ({ service, lastSuccessMs = 0 }) => (service === undefined ? seconds(lastSuccessMs) : undefined),
    isForAlerts: true,
  },
  job_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'End of the last run; 0 when there was none.',
    value: ({ service, lastRun }) => (service === undefined ? seconds(lastRun?.endedMs ?? 0) : undefined),
  },
  job_last_run_duration_seconds: {
    type: 'gauge',
    help: 'Duration of the last run.',
    value: ({ lastRun }) => (lastRun?.durationMs === undefined ? undefined : seconds(lastRun.durationMs)),
    isForAlerts: true,
  },
  job_last_run_exit_code: {
    type: 'gauge',
    help: 'Exit code that run-job ended with for the last run.',
    value: ({ lastRun }) => lastRun?.exitCode,
  },
  job_consecutive_failures: {
    type: 'gauge',
    help: 'Failed runs since the last success.',
    value: ({ service, failures }) => (service === undefined ? failures : undefined),
    isForAlerts: true,
  },
  job_run_duration_seconds_total: {
    type: 'counter',
    help: 'Time that runs took, all together.',
    value: ({ service, totals }) => (service === undefined ? seconds(totals.durationMs) : undefined),
  },
};

export function hostFamilies(host: HostMetrics): readonly Family[] {
  const one = (name: string, help: string, value: number, labels: Labels = {}): Family => ({
    name: prefix + name,
    type: 'gauge',
    help,
    samples: [{ labels, value }],
  });
  const { version, node, atMs, tookMs, isCronRunning, isCrontabInSync, undeliveredNotices } = host;
  return [
    one('build_info', 'Version of process-control and of the node it runs on; always 1.', 1, { version, node }),
    one('snapshot_timestamp_seconds', 'When the state of this host was read.', seconds(atMs)),
    one('snapshot_duration_seconds', 'How long it took to read it.', seconds(tookMs)),
    ...(isCronRunning === undefined
      ? []
      : [one('cron_running', '1 while a cron daemon runs that reads the crontab.', Number(isCronRunning))]),
    ...(isCrontabInSync === undefined
      ? []
      : [one('crontab_in_sync', '1 when the installed crontab says what the job files say.', Number(isCrontabInSync))]),
    one('notices_undelivered', 'Notices and mails that wait to be delivered.', undeliveredNotices),
  ];
}

export function jobFamiliesOf(jobs: readonly JobMetrics[], detail: Detail): readonly Family[] {
  const valid = jobs.filter(({ state }) => state !== 'invalid');
  const shown = Object.entries(jobFamilies).filter(([, { isForAlerts }]) => detail === 'all' || isForAlerts === true);
  const perJob = shown.map(
    ([name, { type, help, value }]): Family => ({
      name: prefix + name,
      type,
      help,
      samples: valid.flatMap((job) => {
        const amount = value(job);
        return amount === undefined ? [] : [{ labels: { job_name: job.name }, value: amount }];
      }),
    }),
  );
  const all = detail === 'all' ? [infoFamily(valid), tagFamily(valid), runsFamily(valid)] : [];
  return [statesFamily(jobs), ...all, ...perJob, ...serviceFamilies(valid, detail)];
}

function statesFamily(jobs: readonly JobMetrics[]): Family {
  return {
    name: `${prefix}jobs`,
    type: 'gauge',
    help: 'Job files by what keeps their jobs from starting, if anything does.',
    samples: states.map((state) => ({
      labels: { state },
      value: jobs.filter((job) => job.state === state).length,
    })),
  };
}

function infoFamily(jobs: readonly JobMetrics[]): Family {
  return {
    name: `${prefix}job_info`,
    type: 'gauge',
    help: 'What the job file says; always 1.',
    samples: jobs.map(({ name, schedule = '', timeZone = '', collisionPolicy = '' }) => ({
      labels: { job_name: name, schedule, time_zone: timeZone, collision_policy: collisionPolicy },
      value: 1,
    })),
  };
}

function tagFamily(jobs: readonly JobMetrics[]): Family {
  return {
    name: `${prefix}job_tag`,
    type: 'gauge',
    help: 'Tags of the job, to join on; always 1.',
    samples: jobs.flatMap(({ name, tags }) =>
      [...new Set(tags)].map((tag) => ({ labels: { job_name: name, tag }, value: 1 })),
    ),
  };
}

function runsFamily(jobs: readonly JobMetrics[]): Family {
  return {
    name: `${prefix}job_runs_total`,
    type: 'counter',
    help: 'Runs that ended and ticks that had none, by outcome; runs that a person stopped are left out.',
    samples: jobs
      .filter(({ service }) => service === undefined)
      .flatMap(({ name, totals }) =>
        outcomes.map((outcome) => ({ labels: { job_name: name, outcome }, value: totals[outcome] })),
      ),
  };
}

function serviceFamilies(jobs: readonly JobMetrics[], detail: Detail): readonly Family[] {
  const services = jobs.flatMap(({ name, service }) => (service === undefined ? [] : [{ name, ...service }]));
  const gauge = (name: string, help: string, value: (service: (typeof services)[number]) => number): Family => ({
    name: prefix + name,
    type: 'gauge',
    help,
    samples: services.map((service): Sample => ({ labels: { job_name: service.name }, value: value(service) })),
  });
  const restarts: Family = {
    name: `${prefix}service_restarts_total`,
    type: 'counter',
    help: 'Restarts of an instance by its supervisor.',
    samples: services.flatMap(({ name, instances }) =>
      instances.map(({ number, restarts: value }) => ({ labels: { job_name: name, number: String(number) }, value })),
    ),
  };
  return [
    gauge('service_instances_wanted', 'Instances that must be up.', ({ wanted }) => wanted),
    gauge('service_instances_up', 'Instances that are up and healthy.', ({ up }) => up),
    ...(detail === 'all' ? [restarts] : []),
  ];
}

function seconds(ms: number): number {
  return ms / 1000;
}
