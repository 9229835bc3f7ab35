/** All metrics of a snapshot: what `jobctl metrics` prints, and what the page answers at `/metrics`. */
import { defined } from '../../text/defined.ts';
import { finished, type Steps } from '../../text/steps.ts';
import type { HostFacts, HostSnapshot } from '../host-snapshot.ts';
import type { Family } from './exposition.ts';
import { type HostMetrics, hostFamilies } from './host-families.ts';
import { type Detail, jobFamilies } from './job-families.ts';
import { type JobMetrics, jobMetrics } from './job-metrics.ts';
import { serviceFamilies } from './service-families.ts';

type IsShown = (job: { readonly tags: readonly string[] }) => boolean;

/** The metrics of the host count all job files, also those that are not shown. */
export function snapshotFamilies(snapshot: HostSnapshot, detail: Detail, isShown?: IsShown): readonly Family[] {
  return finished(snapshotFamilySteps(snapshot, detail, isShown));
}

/** The same in steps of one job each. */
export function* snapshotFamilySteps(
  { host, jobs, services }: HostSnapshot,
  detail: Detail,
  isShown: IsShown = () => true,
): Steps<readonly Family[]> {
  const all: JobMetrics[] = [];
  for (const job of [...jobs, ...services].sort((a, b) => (a.slug < b.slug ? -1 : 1))) {
    const metrics = jobMetrics(job);
    if (metrics !== undefined) all.push(metrics);
    yield;
  }
  const shown = all.filter(isShown);
  const states = all.map(({ state }) => state);
  return [...hostFamilies(hostMetrics(host, states)), ...jobFamilies(shown, detail), ...serviceFamilies(shown, detail)];
}

function hostMetrics({ cron, ...host }: HostFacts, jobFiles: HostMetrics['jobFiles']): HostMetrics {
  const isCronRunning = cron === 'unknown' ? undefined : cron === 'running';
  return { ...host, jobFiles, ...defined({ isCronRunning }) };
}
