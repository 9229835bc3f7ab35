/** Takes the snapshot of this host: all its jobs and services, and what they depend on. */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { CrontabOrder } from '../../crontab/crontab.ts';
import { knownJob } from '../../crontab/jobs.ts';
import { jobPath } from '../../job/folder.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import { isCrontabInSync } from '../../report/clock/crontab-in-sync.ts';
import type { Installed } from '../../report/clock/installed.ts';
import type { HostFacts, HostSnapshot } from '../../report/host-snapshot.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import type { Result } from '../../text/problem.ts';
import { readInstalled } from '../crontab/installed.ts';
import { crontabSync } from '../crontab/sync.ts';
import { version } from '../frame/version.ts';
import { type Jobs, openJobs } from './snapshots.ts';
import { timesOf } from './times.ts';

/** `runs` is the number of last runs of each job that the reader looks at. */
export function hostSnapshot(config: Config, runs?: number): Result<HostSnapshot> {
  const beganMs = clock.monotonicMs();
  const atMs = clock.nowMs();
  const times = timesOf(config);
  const opened = openJobs(config, times);
  if (!opened.ok) return { ok: false, problems: [opened.problem] };
  const all = [...opened.jobs.snapshots(opened.jobs.slugs, runs)];
  const sync = crontabSync(config, crontabJobs(opened.jobs, config));
  const installed = readInstalled(config);
  const host: HostFacts = {
    ...{ name: os.hostname(), atMs, timeZone: hostZone().name, version, node: process.versions.node },
    cron: cronOf(installed),
    ...defined({ isCrontabInSync: isCrontabInSync(sync, installed) }),
    undeliveredNotices: undeliveredNotices(stateFiles(config.stateDirectory), atMs).length,
    tookMs: clock.monotonicMs() - beganMs,
  };
  const jobs = all.filter(({ service }) => service === undefined);
  const services = all.filter(({ service }) => service !== undefined);
  return { ok: true, value: { version: 1, host, jobs, services }, warnings: [] };
}

/** Returns the jobs that have a file, as cron-generate sees them. */
function crontabJobs({ slugs, load }: Jobs, config: Config): Pick<CrontabOrder, 'jobs' | 'broken'> {
  const known = slugs.flatMap((slug) => {
    const loaded = load(slug);
    return loaded === undefined ? [] : [knownJob(slug, jobPath(slug, config), loaded)];
  });
  return {
    jobs: known.flatMap((one) => (one.is === 'good' ? [one.job] : [])),
    broken: known.flatMap((one) => (one.is === 'broken' ? [one.job] : [])),
  };
}

/** Another program may read a crontab that is elsewhere. */
function cronOf({ daemon, main }: Installed): HostFacts['cron'] {
  if (daemon.is === 'hidden' || main.kind === 'elsewhere' || main.kind === 'console') return 'unknown';
  if (daemon.is === 'absent') return 'absent';
  return daemon.stopped ? 'stopped' : 'running';
}
