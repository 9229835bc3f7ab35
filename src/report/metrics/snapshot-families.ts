/** All metrics of a snapshot: what `jobctl metrics` prints, and what the page answers at `/metrics`. */
import { defined } from '../../text/defined.ts';
import type { HostFacts, HostSnapshot } from '../host-snapshot.ts';
import type { Family } from './exposition.ts';
import { type HostMetrics, hostFamilies } from './host-families.ts';
import { jobFamilies } from './job-families.ts';
import { jobMetrics } from './job-metrics.ts';
import { serviceFamilies } from './service-families.ts';

/** The metrics of the host count all job files, also those that are not shown. */
export function snapshotFamilies(
  { host, jobs, services }: HostSnapshot,
  detail: 'all' | 'alerts',
  isShown: (job: { readonly tags: readonly string[] }) => boolean = () => true,
): readonly Family[] {
  const sorted = [...jobs, ...services].sort((a, b) => (a.slug < b.slug ? -1 : 1));
  const all = sorted.flatMap((job) => jobMetrics(job) ?? []);
  const shown = all.filter(isShown);
  const states = all.map(({ state }) => state);
  return [...hostFamilies(hostMetrics(host, states)), ...jobFamilies(shown, detail), ...serviceFamilies(shown, detail)];
}

function hostMetrics({ cron, ...host }: HostFacts, jobFiles: HostMetrics['jobFiles']): HostMetrics {
  const isCronRunning = cron === 'unknown' ? undefined : cron === 'running';
  return { ...host, jobFiles, ...defined({ isCronRunning }) };
}
