/** The latest snapshot of the host. Many readers at once cost one look at the jobs, and looking takes a bounded part of the program's time. */
import type { Config } from '../../config/config.ts';
import type { HostSnapshot } from '../../report/host-snapshot.ts';
import { clock } from '../../system/time/clock.ts';
import { formatProblem } from '../../text/problem.ts';
import { hostSnapshot } from '../report/host-snapshot.ts';
import type { JobMemory } from '../report/job-memory.ts';

/** A snapshot younger than this is shown again. */
const freshMs = 1000;

/** A snapshot that took long is shown for this many times as long. */
const restFactor = 5;

/** Throws what keeps the jobs from being listed. */
export function latestSnapshot(config: Config, memory?: JobMemory): () => HostSnapshot {
  let latest: { readonly value: HostSnapshot; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (latest !== undefined && nowMs < latest.untilMs) return latest.value;
    const taken = hostSnapshot(config, undefined, memory);
    if (!taken.ok) throw new Error(taken.problems.map(formatProblem).join('\n'));
    const { value } = taken;
    latest = { value, untilMs: clock.monotonicMs() + Math.max(freshMs, restFactor * value.host.tookMs) };
    return value;
  };
}
