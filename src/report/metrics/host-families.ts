/** The metrics of a host as a whole. */
import { type Family, type Labels, metricName, type Sample, seconds } from './exposition.ts';
import type { FileState } from './job-metrics.ts';

/** One host at one instant. */
export interface HostMetrics {
  readonly version: string;
  readonly node: string;
  /** The time at which the state was read, milliseconds since 1970. */
  readonly atMs: number;
  /** The time that reading took, milliseconds. */
  readonly tookMs: number;
  /** Absent where the caller can't know. */
  readonly isCronRunning?: boolean;
  readonly isCrontabInSync?: boolean;
  readonly undeliveredNotices: number;
  /** The state of each job file of the host. */
  readonly jobFiles: readonly FileState[];
}

const states = ['enabled', 'disabled', 'elsewhere', 'paused', 'invalid'] as const;

export function hostFamilies(host: HostMetrics): readonly Family[] {
  const { version, node, atMs, tookMs, isCronRunning, isCrontabInSync, undeliveredNotices, jobFiles } = host;
  return [
    one('build_info', 'Version of process-control and of the node it runs on; always 1.', 1, { version, node }),
    one('snapshot_timestamp_seconds', 'When the state of this host was read.', seconds(atMs)),
    one('snapshot_duration_seconds', 'How long it took to read it.', seconds(tookMs)),
    gauge(
      'jobs',
      'Job files by what keeps their jobs from starting, if anything does.',
      states.map((state) => ({ labels: { state }, value: jobFiles.filter((each) => each === state).length })),
    ),
    ...fact('cron_running', '1 while a cron daemon runs that reads the crontab.', isCronRunning),
    ...fact('crontab_in_sync', '1 when cron accepts the crontab and it says what the job files say.', isCrontabInSync),
    one('notices_undelivered', 'Notices and mails that wait to be delivered.', undeliveredNotices),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: metricName(name), type: 'gauge', help, samples };
}

function one(name: string, help: string, value: number, labels: Labels = {}): Family {
  return gauge(name, help, [{ labels, value }]);
}

function fact(name: string, help: string, holds: boolean | undefined): readonly Family[] {
  return holds === undefined ? [] : [one(name, help, Number(holds))];
}
