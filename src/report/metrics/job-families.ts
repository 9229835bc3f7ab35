/**
 * The metrics of each job: a row for each, in the order in which they are printed.
 *
 * Names follow https://prometheus.io/docs/practices/naming/: one-word prefix (`process_` is reserved), base units, timestamps instead of
 * ages, `job_name` because `job` and `instance` belong to the scrape. Values that may exist begin at 0, so that "never" can raise an alert.
 */
import { type Family, listed, metricName, seconds } from './exposition.ts';
import type { JobMetrics } from './job-metrics.ts';

/** `alerts`: only what the shipped alert rules ask for; it keeps a fleet's storage small. */
export type Detail = 'all' | 'alerts';

interface JobFamily {
  readonly type: Family['type'];
  readonly help: string;
  /** `undefined`: the job has no sample of this metric. */
  readonly value: (job: JobMetrics) => number | undefined;
  readonly isForAlerts?: true;
}

const outcomes = ['success', 'failure', 'skipped', 'missed'] as const;

const gauges: Readonly<Record<string, Omit<JobFamily, 'type'>>> = {
  job_enabled: {
    help: '1 unless the job file says disabled: true, or only other hosts of its pool have the job.',
    value: ({ state, file }) => file && Number(state !== 'disabled' && state !== 'elsewhere'),
  },
  job_paused: {
    help: '1 while a pause keeps the job from starting.',
    value: ({ state, file }) => file && Number(state === 'paused'),
  },
  job_running: { help: 'Runs under way.', value: ({ running, service }) => (service ? undefined : running) },
  job_running_since_timestamp_seconds: {
    help: 'Start of the run under way; 0 when there is none.',
    value: ({ runningSinceMs = 0, service }) => (service ? undefined : seconds(runningSinceMs)),
    isForAlerts: true,
  },
  job_due_timestamp_seconds: {
    help: 'First scheduled start that has not come yet; in the past when the job is overdue.',
    value: ({ dueMs }) => dueMs && seconds(dueMs),
    isForAlerts: true,
  },
  job_period_seconds: {
    help: 'Longest time between two scheduled ticks of the coming year.',
    value: ({ periodMs }) => periodMs && seconds(periodMs),
    isForAlerts: true,
  },
  job_expected_since_timestamp_seconds: {
    help: 'Since when the job owes runs: its file came or was changed, or a pause ended.',
    value: ({ expectedSinceMs }) => expectedSinceMs && seconds(expectedSinceMs),
    isForAlerts: true,
  },
  job_last_success_timestamp_seconds: {
    help: 'End of the last run that succeeded; 0 when none has.',
    value: (job) => ofRuns(job, ({ lastSuccessMs = 0 }) => seconds(lastSuccessMs)),
    isForAlerts: true,
  },
  job_last_run_timestamp_seconds: {
    help: 'End of the last run; 0 when there was none.',
    value: (job) => ofRuns(job, ({ lastEnd }) => seconds(lastEnd?.atMs ?? 0)),
  },
  job_last_run_duration_seconds: {
    help: 'Duration of the last run.',
    value: (job) => ofRuns(job, ({ lastEnd }) => lastEnd?.durationMs && seconds(lastEnd.durationMs)),
    isForAlerts: true,
  },
  job_last_run_exit_code: {
    help: 'Exit code that run-job ended with for the last run.',
    value: (job) => ofRuns(job, ({ lastEnd }) => lastEnd?.exitCode),
  },
  job_consecutive_failures: {
    help: 'Failed runs since the last success.',
    value: (job) => ofRuns(job, ({ failures }) => failures),
    isForAlerts: true,
  },
};

const durations: JobFamily = {
  type: 'counter',
  help: 'Time that runs took, all together.',
  value: (job) => ofRuns(job, ({ totals }) => seconds(totals.durationMs)),
};

function ofRuns<T>({ record, service }: JobMetrics, value: (record: NonNullable<JobMetrics['record']>) => T) {
  return record === undefined || service !== undefined ? undefined : value(record);
}

export function jobFamilies(jobs: readonly JobMetrics[], detail: Detail): readonly Family[] {
  const shown = Object.entries(gauges).filter(([, { isForAlerts }]) => detail === 'all' || isForAlerts);
  const each = shown.map(([name, row]) => familyOf(name, { type: 'gauge', ...row }, jobs));
  if (detail === 'alerts') return each;
  return [
    infoFamily(jobs),
    tagFamily(jobs),
    ...each,
    runsFamily(jobs),
    familyOf('job_run_duration_seconds_total', durations, jobs),
  ];
}

function familyOf(name: string, { type, help, value }: JobFamily, jobs: readonly JobMetrics[]): Family {
  const samples = listed(function* () {
    for (const job of jobs) {
      const amount = value(job);
      if (amount !== undefined) yield { labels: { job_name: job.name }, value: amount };
    }
  });
  return { name: metricName(name), type, help, samples };
}

function infoFamily(jobs: readonly JobMetrics[]): Family {
  const samples = listed(function* () {
    for (const { name, file } of jobs) {
      if (file === undefined) continue;
      const { schedule = '', timeZone = '', collisionPolicy } = file;
      yield { labels: { job_name: name, schedule, time_zone: timeZone, collision_policy: collisionPolicy }, value: 1 };
    }
  });
  return { name: metricName('job_info'), type: 'gauge', help: 'What the job file says; always 1.', samples };
}

function tagFamily(jobs: readonly JobMetrics[]): Family {
  const samples = listed(function* () {
    // Prometheus takes an empty label for none; the sample keeps untagged jobs in a join.
    for (const { name, tags } of jobs)
      for (const tag of tags.length === 0 ? [''] : new Set(tags)) yield { labels: { job_name: name, tag }, value: 1 };
  });
  const help = 'Tags of the job, to join on; always 1. A job without tags has one sample, with an empty tag.';
  return { name: metricName('job_tag'), type: 'gauge', help, samples };
}

function runsFamily(jobs: readonly JobMetrics[]): Family {
  const samples = listed(function* () {
    for (const job of jobs)
      for (const outcome of outcomes) {
        const value = ofRuns(job, ({ totals }) => totals[outcome]);
        if (value !== undefined) yield { labels: { job_name: job.name, outcome }, value };
      }
  });
  const help = 'Runs that ended and ticks that had none, by outcome; runs that a person stopped are left out.';
  return { name: metricName('job_runs_total'), type: 'counter', help, samples };
}
