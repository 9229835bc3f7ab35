/**
 * The latest snapshot of the host. Many readers at once cost one look at the jobs. On a host where a look takes long, readers get the one before
 * while the next one is made in slices, and a job that has changed meanwhile is looked at alone; so no reader waits for the look of another.
 */
import type { Config } from '../../config/config.ts';
import type { HostSnapshot } from '../../report/host-snapshot.ts';
import type { AnySnapshot } from '../../report/text/job.ts';
import { clock } from '../../system/time/clock.ts';
import { formatProblem, type Result } from '../../text/problem.ts';
import { hostSnapshotSteps } from '../report/host-snapshot.ts';
import type { JobMemory } from '../report/job-memory.ts';
import { openJobs } from '../report/snapshots.ts';
import { timesOf } from '../report/times.ts';

/** A snapshot younger than this is shown again. */
const freshMs = 1000;
/** A look that takes longer is made in slices. */
const quickMs = 100;
const sliceMs = 10;
/** The rest after such a look, so that looking takes a part of the program's time only. */
const restMs = 10_000;
/** A snapshot that is older is not shown: nobody has asked for so long. */
const oldMs = 60_000;
/** When more jobs have changed, all are looked at. */
const mostPatched = 50;

export interface SnapshotParts {
  readonly steps: () => Generator<undefined, Result<HostSnapshot>>;
  /** The snapshots of these jobs now; of those that are gone, none. */
  readonly some: (slugs: readonly string[]) => readonly AnySnapshot[];
  readonly clock: { monotonicMs(): number; nowMs(): number };
  /** Calls later, when what waits has been done. */
  readonly later: (then: () => void) => void;
}

export interface LatestSnapshot {
  /** Throws what keeps the jobs from being listed. */
  get(): HostSnapshot;
  /** Notes that a job has changed; without a name, that any may have. */
  changed(slug?: string): void;
}

export function latestSnapshot(config: Config, memory?: JobMemory): LatestSnapshot {
  return snapshotKeeper({
    steps: () => hostSnapshotSteps(config, undefined, memory),
    some(slugs) {
      const opened = openJobs(config, timesOf(config), memory);
      if (!opened.ok) throw new Error(formatProblem(opened.problem));
      return [...opened.jobs.snapshots(slugs)];
    },
    clock,
    later: setImmediate,
  });
}

interface Taken {
  readonly value: HostSnapshot;
  readonly atMs: number;
  readonly tookMs: number;
}

export function snapshotKeeper({ steps, some, clock: time, later }: SnapshotParts): LatestSnapshot {
  let latest: Taken | undefined;
  let isLooking = false;
  let dirty = new Set<string>();
  /** Any job may have changed since the look under way began. */
  let isOverhauled = false;

  const keep = (value: HostSnapshot, workedMs: number) => {
    latest = { value, atMs: time.monotonicMs(), tookMs: workedMs };
    return value;
  };
  /** The next reader has the jobs looked at again. */
  const age = () => {
    if (latest !== undefined) latest = { ...latest, atMs: Math.min(latest.atMs, time.monotonicMs() - restMs - 1) };
  };
  const lookNow = (): HostSnapshot => {
    const beganMs = time.monotonicMs();
    dirty = new Set();
    const all = steps();
    for (;;) {
      const step = all.next();
      if (step.done === true) return keep(takenValue(step.value), time.monotonicMs() - beganMs);
    }
  };
  const lookInSlices = () => {
    isLooking = true;
    isOverhauled = false;
    dirty = new Set();
    const all = steps();
    let workedMs = 0;
    const slice = () => {
      const beganMs = time.monotonicMs();
      try {
        for (;;) {
          const step = all.next();
          const nowMs = time.monotonicMs();
          if (step.done === true) {
            isLooking = false;
            keep(takenValue(step.value), workedMs + nowMs - beganMs);
            if (isOverhauled) age();
            return;
          }
          if (nowMs - beganMs >= sliceMs) break;
        }
      } catch {
        // The next reader looks at once, and is told why that fails.
        isLooking = false;
        latest = undefined;
        return;
      }
      workedMs += time.monotonicMs() - beganMs;
      later(slice);
    };
    later(slice);
  };
  const patched = ({ value, atMs, tookMs }: Taken): HostSnapshot => {
    const names = [...dirty];
    if (names.length === 0 || names.length > mostPatched) return value;
    // During a look in slices the jobs that it has passed may change: they stay noted until it has ended.
    if (!isLooking) dirty = new Set();
    const next = withJobs(value, new Set(names), some(names), time.nowMs());
    latest = { value: next, atMs, tookMs };
    return next;
  };
  return {
    get() {
      if (latest === undefined) return lookNow();
      const ageMs = time.monotonicMs() - latest.atMs;
      if (latest.tookMs <= quickMs) return ageMs < freshMs ? latest.value : lookNow();
      if (ageMs > Math.max(oldMs, 5 * latest.tookMs)) return lookNow();
      if (!isLooking && (ageMs > Math.max(restMs, latest.tookMs) || dirty.size > mostPatched)) lookInSlices();
      return patched(latest);
    },
    changed(slug) {
      if (slug !== undefined) dirty.add(slug);
      else if (isLooking) isOverhauled = true;
      else age();
    },
  };
}

function takenValue(taken: Result<HostSnapshot>): HostSnapshot {
  if (!taken.ok) throw new Error(taken.problems.map(formatProblem).join('\n'));
  return taken.value;
}

/** The snapshot with these jobs as they are now, in their places. */
function withJobs(
  { host, jobs, services, ...rest }: HostSnapshot,
  names: ReadonlySet<string>,
  now: readonly AnySnapshot[],
  atMs: number,
): HostSnapshot {
  const merged = [...[...jobs, ...services].filter(({ slug }) => !names.has(slug)), ...now];
  merged.sort((a, b) => (a.slug < b.slug ? -1 : 1));
  return {
    ...rest,
    host: { ...host, atMs },
    jobs: merged.filter(({ service }) => service === undefined),
    services: merged.filter(({ service }) => service !== undefined),
  };
}
