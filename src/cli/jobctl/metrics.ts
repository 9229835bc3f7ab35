/** `jobctl metrics`: the state of this host for Prometheus, on standard output or in a file that its node_exporter reads. */
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import { isCrontabInSync } from '../../report/clock/crontab-in-sync.ts';
import { neverBelow } from '../../report/metrics/counters.ts';
import { exposition, type Family } from '../../report/metrics/exposition.ts';
import { type HostMetrics, hostFamilies } from '../../report/metrics/host-families.ts';
import { jobFamilies } from '../../report/metrics/job-families.ts';
import { jobMetrics } from '../../report/metrics/job-metrics.ts';
import { serviceFamilies } from '../../report/metrics/service-families.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { readText } from '../../system/file/careful-file.ts';
import { replaceFile, stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { defined } from '../../text/defined.ts';
import { readInstalled } from '../crontab/installed.ts';
import { print } from '../frame/output.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { version } from '../frame/version.ts';
import { openJobs } from '../report/snapshots.ts';
import { timesOf } from '../report/times.ts';
import type { Options } from './frame/options.ts';

export function metrics({ detail = 'all', output, tag }: Options, config: Config): number {
  if (detail !== 'all' && detail !== 'alerts') return refuse('jobctl', `--detail is all or alerts, found "${detail}"`);
  if (output === '') return refuse('jobctl', '--output needs the path of a file');
  const beganMs = clock.monotonicMs();
  const looked = lookAtJobs(config);
  if (!looked.ok) return refuseProblems([looked.problem]);
  const { snapshots } = looked;
  if (tag !== undefined && !snapshots.some(({ tags }) => tags.includes(tag)))
    return refuse('jobctl', `no job has the tag "${tag}"`);
  const jobs = snapshots.flatMap((job) => jobMetrics(job) ?? []);
  const host = { ...hostMetrics(looked, config), jobFiles: jobs.map(({ state }) => state) };
  const shown = jobs.filter(({ tags }) => tag === undefined || tags.includes(tag));
  const families = [
    ...hostFamilies({ ...host, tookMs: clock.monotonicMs() - beganMs }),
    ...jobFamilies(shown, detail),
    ...serviceFamilies(shown, detail),
  ];
  if (output === undefined) return print(exposition(families)) ? 0 : exitCodes.internal;
  return write(path.resolve(output), families);
}

interface Looked {
  readonly atMs: number;
  /** All jobs of the host. */
  readonly snapshots: readonly AnySnapshot[];
  readonly wantsCatchUp: boolean;
}

function lookAtJobs(config: Config) {
  const atMs = clock.nowMs();
  const times = timesOf(config);
  let wantsCatchUp = false;
  const opened = openJobs(config, (job) => {
    wantsCatchUp ||= catchesUp(job);
    return times(job);
  });
  if (!opened.ok) return opened;
  const snapshots = opened.jobs.slugs.flatMap((slug) => opened.jobs.snapshot(slug) ?? []);
  return { ok: true, atMs, snapshots, wantsCatchUp } as const;
}

function catchesUp({ enabled, schedule, service, timing }: Job): boolean {
  return enabled && schedule !== undefined && service === undefined && timing.catchUp === 'last';
}

function hostMetrics(
  { atMs, snapshots, wantsCatchUp }: Looked,
  config: Config,
): Omit<HostMetrics, 'tookMs' | 'jobFiles'> {
  const installed = readInstalled(config);
  const { daemon, main } = installed;
  // Another program may read a crontab that is elsewhere.
  const isKnown = daemon.is !== 'hidden' && main.kind !== 'elsewhere' && main.kind !== 'console';
  const withFile = new Set(snapshots.flatMap((job) => (isBroken(job) && job.file === 'gone' ? [] : [job.slug])));
  const files = {
    clocks: snapshots.flatMap((job) => (isBroken(job) || job.clock === undefined ? [] : [job.clock])),
    isThere: (slug: string) => withFile.has(slug),
    wantsCatchUp,
  };
  return {
    ...{ version, node: process.versions.node, atMs },
    undeliveredNotices: undeliveredNotices(stateFiles(config.stateDirectory), atMs).length,
    ...defined({
      isCronRunning: isKnown ? daemon.is === 'running' && !daemon.stopped : undefined,
      isCrontabInSync: isCrontabInSync(files, installed),
    }),
  };
}

/** Ten times what 10,000 jobs need. */
const limitBytes = 128 * 1024 * 1024;

/** Root writes with the rights of the service user, which jobctl has taken on. node_exporter is another user, who must be able to read it. */
function write(file: string, families: readonly Family[]): number {
  const before = readText(path.dirname(file), path.basename(file), limitBytes) ?? '';
  process.umask(0o022);
  try {
    replaceFile(file, exposition(neverBelow(families, before)), 0o644);
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
    return refuse('jobctl', `${file} was not written: ${why}`, 1);
  }
}
