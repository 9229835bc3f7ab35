/** `jobctl metrics`: the state of this host for Prometheus, on standard output or in a file that its node_exporter reads. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import type { ClockFacts } from '../../report/clock/installed.ts';
import { exposition } from '../../report/metrics/exposition.ts';
import { type HostMetrics, hostFamilies, jobFamiliesOf } from '../../report/metrics/families.ts';
import { jobMetrics } from '../../report/metrics/job-metrics.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { attempt } from '../../system/file/attempt.ts';
import { replaceFile, stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { readInstalled } from '../crontab/installed.ts';
import { print } from '../frame/output.ts';
import { refuse } from '../frame/refuse.ts';
import { version } from '../frame/version.ts';
import { timesOf } from '../report/times.ts';
import { chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';

export function metrics(options: Options, config: Config): number {
  const { detail = 'all', output } = options;
  if (detail !== 'all' && detail !== 'alerts') return refuse('jobctl', `--detail is all or alerts, found "${detail}"`);
  const beganMs = clock.monotonicMs();
  const atMs = clock.nowMs();
  const chosen = chooseJobs(options, config, 'all', { times: timesOf(config) });
  if (!chosen.ok) return chosen.exitCode;
  const snapshots = chosen.slugs.flatMap((slug) => chosen.jobs.snapshot(slug) ?? []);
  const host: HostMetrics = {
    version,
    node: process.versions.node,
    atMs,
    undeliveredNotices: undeliveredNotices(stateFiles(config.stateDirectory), atMs).length,
    ...cronFacts(config, snapshots),
    tookMs: clock.monotonicMs() - beganMs,
  };
  const jobs = snapshots.flatMap((job) => jobMetrics(job) ?? []);
  const text = exposition([...hostFamilies(host), ...jobFamiliesOf(jobs, detail)]);
  if (output === undefined) return print(text) ? 0 : exitCodes.internal;
  const written = attempt(() => replaceFile(output, text, 0o644));
  return written.ok ? 0 : refuse('jobctl', `${output} was not written: ${written.reason}`);
}

/** Absent where this caller can't see what cron does. */
function cronFacts(
  config: Config,
  snapshots: readonly AnySnapshot[],
): Pick<HostMetrics, 'isCronRunning' | 'isCrontabInSync'> {
  const { daemon } = readInstalled(config);
  const lines = snapshots.flatMap((job) => (isBroken(job) || job.clock === undefined ? [] : [job.clock]));
  const isKnown = lines.every(({ line }) => line !== 'unknown');
  return {
    ...(daemon.is !== 'hidden' && { isCronRunning: daemon.is === 'running' && !daemon.stopped }),
    ...(isKnown && { isCrontabInSync: lines.every(isInSync) }),
  };
}

function isInSync({ line, crontab }: ClockFacts): boolean {
  return (line === 'in-sync' || line === 'none') && crontab !== 'ignored';
}
