/** Takes the snapshot of this host. */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import type { ClockFacts } from '../../report/clock/installed.ts';
import type { HostFacts, HostSnapshot } from '../../report/host-snapshot.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { readInstalled } from '../crontab/installed.ts';
import { version } from '../frame/version.ts';
import type { Jobs } from './snapshots.ts';

/** `slugs`: the jobs and services that it is about. */
export function hostSnapshot(config: Config, jobs: Jobs, slugs: readonly string[]): HostSnapshot {
  const beganMs = clock.monotonicMs();
  const atMs = clock.nowMs();
  const all = slugs.flatMap((slug) => jobs.snapshot(slug) ?? []);
  const facts = { ...cronFacts(config, all), undeliveredNotices: undeliveredIn(config, atMs) };
  const host: HostFacts = {
    ...{ name: os.hostname(), atMs, timeZone: hostZone().name, version, node: process.versions.node },
    ...facts,
    tookMs: clock.monotonicMs() - beganMs,
  };
  const [services, others] = [all.filter(({ service }) => service), all.filter(({ service }) => !service)];
  return { version: 1, host, jobs: others, services };
}

function undeliveredIn({ stateDirectory }: Config, nowMs: number): number {
  return undeliveredNotices(stateFiles(stateDirectory), nowMs).length;
}

function cronFacts(config: Config, all: readonly AnySnapshot[]): Pick<HostFacts, 'cron' | 'isCrontabInSync'> {
  const { daemon } = readInstalled(config);
  const cron =
    daemon.is === 'running' ? (daemon.stopped ? 'stopped' : 'running') : daemon.is === 'hidden' ? 'unknown' : daemon.is;
  const lines = all.flatMap((job) => (isBroken(job) || job.clock === undefined ? [] : [job.clock]));
  const isKnown = lines.every(({ line }) => line !== 'unknown');
  return { cron, ...defined({ isCrontabInSync: isKnown ? lines.every(isInSync) : undefined }) };
}

function isInSync({ line, crontab }: ClockFacts): boolean {
  return (line === 'in-sync' || line === 'none') && crontab !== 'ignored';
}
