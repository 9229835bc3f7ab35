/** Takes the snapshot of this host: all its jobs and services, and what they depend on. */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { CrontabSync } from '../../crontab/comparison.ts';
import type { CrontabOrder } from '../../crontab/crontab.ts';
import { knownJob } from '../../crontab/jobs.ts';
import { jobPath } from '../../job/folder.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import { isCrontabInSync } from '../../report/clock/crontab-in-sync.ts';
import type { Installed } from '../../report/clock/installed.ts';
import type { HostFacts, HostSnapshot } from '../../report/host-snapshot.ts';
import type { AnySnapshot } from '../../report/text/job.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { packed } from '../../text/packed.ts';
import type { Result } from '../../text/problem.ts';
import { finished, type Steps } from '../../text/steps.ts';
import { installedSteps } from '../crontab/installed.ts';
import { crontabSyncSteps } from '../crontab/sync.ts';
import { version } from '../frame/version.ts';
import { type HostMemory, installedKey, syncKey } from './host-memory.ts';
import { type Jobs, openJobs } from './snapshots.ts';
import { timesOf } from './times.ts';

/** `runs` is the number of last runs of each job that the reader looks at. */
export function hostSnapshot(config: Config, runs?: number): Result<HostSnapshot> {
  return finished(hostSnapshotSteps(config, runs));
}

/** An earlier look, which spares the next one what is known already. */
export interface Earlier {
  readonly memory: HostMemory;
  /** The snapshot of a job that is still true, as long as nothing has changed that concerns all jobs. */
  readonly kept: (slug: string) => AnySnapshot | undefined;
}

/** The same in steps of one job each, for a program that has other things to do meanwhile. */
export function* hostSnapshotSteps(config: Config, runs?: number, earlier?: Earlier): Steps<Result<HostSnapshot>> {
  const beganMs = clock.monotonicMs();
  const atMs = clock.nowMs();
  const installed = yield* installedSteps(config);
  const opened = openJobs(config, timesOf(config, installed), earlier?.memory.jobs);
  if (!opened.ok) return { ok: false, problems: [opened.problem] };
  yield undefined;
  const { slugs } = opened.jobs;
  yield undefined;
  const notices = undeliveredNotices(stateFiles(config.stateDirectory), atMs);
  const kept = keptOf(installed, new Set(notices.map(({ slug }) => slug)), earlier);
  const found = new Map(slugs.flatMap((slug) => kept(slug) ?? []).map((one) => [one.slug, one]));
  yield undefined;
  const others = slugs.filter((slug) => !found.has(slug));
  for (const snapshot of opened.jobs.snapshots(others, runs)) {
    found.set(snapshot.slug, earlier === undefined ? snapshot : packed(snapshot));
    yield undefined;
  }
  const all = slugs.flatMap((slug) => found.get(slug) ?? []);
  const sync = yield* syncSteps(opened.jobs, all, config, earlier?.memory);
  const host: HostFacts = {
    ...{ name: os.hostname(), atMs, timeZone: hostZone().name, version, node: process.versions.node },
    cron: cronOf(installed),
    ...defined({ isCrontabInSync: isCrontabInSync(sync, installed) }),
    undeliveredNotices: notices.length,
    tookMs: clock.monotonicMs() - beganMs,
  };
  const jobs = all.filter(({ service }) => service === undefined);
  const services = all.filter(({ service }) => service !== undefined);
  return { ok: true, value: { version: 1, host, jobs, services }, warnings: [] };
}

/** Returns what may be taken from an earlier snapshot: nothing after a change that concerns all jobs. A notice that waits gets older. */
function keptOf(installed: Installed, noticed: ReadonlySet<string>, earlier: Earlier | undefined): Earlier['kept'] {
  if (earlier === undefined) return () => undefined;
  const { memory, kept } = earlier;
  const key = installedKey(installed);
  const isSame = key === memory.installed;
  memory.installed = key;
  return (slug) => (isSame && !noticed.has(slug) ? kept(slug) : undefined);
}

function* syncSteps(
  jobs: Jobs,
  snapshots: readonly AnySnapshot[],
  config: Config,
  memory: HostMemory | undefined,
): Steps<Pick<CrontabSync, 'is'>> {
  const before = memory && syncKey(config, memory, snapshots);
  if (before !== undefined && memory?.sync?.key === before) return memory.sync;
  const sync = yield* crontabSyncSteps(config, yield* crontabJobs(jobs, config));
  const key = memory && syncKey(config, memory, snapshots);
  if (memory !== undefined && key !== undefined) memory.sync = { key, is: sync.is };
  return sync;
}

/** Returns the jobs that have a file, as cron-generate sees them. */
function* crontabJobs({ slugs, load }: Jobs, config: Config): Steps<Pick<CrontabOrder, 'jobs' | 'broken'>> {
  const known: ReturnType<typeof knownJob>[] = [];
  for (const slug of slugs) {
    const loaded = load(slug);
    if (loaded !== undefined) known.push(knownJob(slug, jobPath(slug, config), loaded));
    yield undefined;
  }
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
