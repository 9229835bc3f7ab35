/**
 * The latest snapshot of the host. Many readers at once cost one look at the jobs. On a host where a look takes long, readers get the one before
 * while the next one is made in slices, from which no job is looked at whose snapshot is still true; and a job that has changed meanwhile is looked at
 * alone. So no reader waits for the look of another.
 */
import type { Config } from '../../../config/config.ts';
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { clock } from '../../../system/time/clock.ts';
import { packed } from '../../../text/packed.ts';
import { formatProblem, type Result } from '../../../text/problem.ts';
import type { Steps } from '../../../text/steps.ts';
import { hostMemory } from '../../report/host-memory.ts';
import { hostSnapshotSteps } from '../../report/host-snapshot.ts';
import type { JobMemory } from '../../report/job-memory.ts';
import { openJobs } from '../../report/snapshots.ts';
import { timesOf } from '../../report/times.ts';
import { isStillTrue } from './still-true.ts';

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

type Kept = (slug: string) => AnySnapshot | undefined;

export interface SnapshotParts {
  /** Takes a snapshot; of jobs that are `kept` it takes the one that is there. */
  readonly steps: (kept: Kept) => Steps<Result<HostSnapshot>>;
  /** The snapshots of these jobs now; of those that are gone, none. */
  readonly some: (slugs: readonly string[]) => readonly AnySnapshot[];
  readonly clock: { monotonicMs(): number; nowMs(): number };
  /** Calls later, when what waits has been done. */
  readonly later: (then: () => void) => void;
}

export interface LatestSnapshot {
  /** Throws what keeps the jobs from being listed. */
  get(): HostSnapshot;
  /** Resolves when `get` has a snapshot to show, or the reason why there is none, without a long look. */
  ready(): Promise<void>;
  /** Notes that a job has changed; without a name, that any may have. */
  changed(slug?: string): void;
}

export function latestSnapshot(config: Config, jobs: JobMemory): LatestSnapshot {
  const memory = hostMemory(jobs);
  return snapshotKeeper({
    steps: (kept) => hostSnapshotSteps(config, undefined, { memory, kept }),
    some(slugs) {
      const opened = openJobs(config, timesOf(config), jobs);
      if (!opened.ok) throw new Error(formatProblem(opened.problem));
      return Array.from(opened.jobs.snapshots(slugs), packed);
    },
    clock,
    later: setImmediate,
  });
}

interface Taken {
  readonly value: HostSnapshot;
  readonly atMs: number;
  /** The time that a look at all jobs takes. */
  readonly tookMs: number;
}

export function snapshotKeeper({ steps, some, clock: time, later }: SnapshotParts): LatestSnapshot {
  let latest: Taken | undefined;
  let isLooking = false;
  let dirty = new Set<string>();
  /** Any job may have changed since the last look began. */
  let isOverhauled = false;
  const lookedMs = new WeakMap<AnySnapshot, number>();
  let waiting: (() => void)[] = [];

  const note = (jobs: readonly AnySnapshot[], atMs: number) => {
    for (const job of jobs) if (!lookedMs.has(job)) lookedMs.set(job, atMs);
  };
  const keep = (value: HostSnapshot, tookMs: number) => {
    note([...value.jobs, ...value.services], value.host.atMs);
    latest = { value, atMs: time.monotonicMs(), tookMs };
    return value;
  };
  /** Returns the snapshots that a look which begins now need not take again. */
  const keptNow = (): Kept => {
    if (latest === undefined || isOverhauled) return () => undefined;
    const told = dirty;
    const nowMs = time.nowMs();
    const known = new Map(latest.value.jobs.map((job) => [job.slug, job]));
    return (slug) => {
      const job = told.has(slug) ? undefined : known.get(slug);
      return job !== undefined && isStillTrue(job, lookedMs.get(job) ?? 0, nowMs) ? job : undefined;
    };
  };
  const begin = (kept: Kept) => {
    const all = steps(kept);
    dirty = new Set();
    isOverhauled = false;
    return all;
  };
  const lookNow = (): HostSnapshot => {
    const beganMs = time.monotonicMs();
    const all = begin(() => undefined);
    for (;;) {
      const step = all.next();
      if (step.done === true) return keep(takenValue(step.value), time.monotonicMs() - beganMs);
    }
  };
  const end = () => {
    isLooking = false;
    const all = waiting;
    waiting = [];
    for (const each of all) each();
  };
  const lookInSlices = () => {
    isLooking = true;
    // A look that passes over jobs says nothing of what a look at all takes.
    const leastMs = latest === undefined || isOverhauled ? 0 : latest.tookMs;
    const all = begin(keptNow());
    let workedMs = 0;
    const slice = () => {
      const beganMs = time.monotonicMs();
      try {
        for (;;) {
          const step = all.next();
          const nowMs = time.monotonicMs();
          if (step.done === true) {
            keep(takenValue(step.value), Math.max(leastMs, workedMs + nowMs - beganMs));
            return end();
          }
          if (nowMs - beganMs >= sliceMs) break;
        }
      } catch {
        // The next reader looks at once, and is told why that fails.
        latest = undefined;
        return end();
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
    const nowMs = time.nowMs();
    const now = some(names);
    note(now, nowMs);
    const next = withJobs(value, new Set(names), now, nowMs);
    latest = { value: next, atMs, tookMs };
    return next;
  };
  const isTooOld = ({ atMs, tookMs }: Taken) => time.monotonicMs() - atMs > Math.max(oldMs, 5 * tookMs);
  return {
    get() {
      if (latest === undefined) return lookNow();
      const ageMs = time.monotonicMs() - latest.atMs;
      const isMuch = isOverhauled || dirty.size > mostPatched;
      if (latest.tookMs <= quickMs) return ageMs < freshMs && !isMuch ? patched(latest) : lookNow();
      if (isTooOld(latest)) return lookNow();
      if (!isLooking && (isMuch || ageMs > Math.max(restMs, latest.tookMs))) lookInSlices();
      return patched(latest);
    },
    async ready() {
      if (latest !== undefined && (latest.tookMs <= quickMs || !isTooOld(latest))) return;
      if (!isLooking) lookInSlices();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    changed(slug) {
      if (slug === undefined) isOverhauled = true;
      else dirty.add(slug);
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
