/** Snapshots of the real jobs: one at a time, so that a listing of ten thousand streams. */

import type { Config } from '../../config/config.ts';
import { type Seated, seatedHere } from '../../fleet/seat.ts';
import { isSlug, jobPath, listJobFiles } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { undeliveredNotices } from '../../notify/outbox/undelivered.ts';
import type { Installed, InstalledLine } from '../../report/clock/installed.ts';
import { entriesOf } from '../../report/history-view.ts';
import { type RunSnapshot, snapshotRun } from '../../report/latest-runs.ts';
import { type BrokenJobFacts, type JobFacts, snapshotBroken, snapshotJob } from '../../report/snapshot.ts';
import type { HistoryEntry } from '../../report/text/history.ts';
import type { AnySnapshot } from '../../report/text/job.ts';
import { allDays, type DayLine } from '../../run/history/days.ts';
import { parseEvents } from '../../run/history/event-lines.ts';
import { hiddenIn } from '../../run/history/history.ts';
import { readHistory, readRecentHistory } from '../../run/history/record.ts';
import type { RunRecord } from '../../run/history/run-record.ts';
import { sharedLockName } from '../../run/lock/run-locks.ts';
import { nextLockName } from '../../run/lock/take-lock.ts';
import { type Pause, pauseOf } from '../../run/pause/pause.ts';
import { readDesired } from '../../service/desired.ts';
import type { KnownService } from '../../service/record/known-service.ts';
import { files } from '../../system/file/files.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import type { JobLocks, LockHolder } from '../../system/types/lock.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { defined } from '../../text/defined.ts';
import { once } from '../../text/once.ts';
import { formatProblem, type Problem, type Result } from '../../text/problem.ts';
import { realHistory, realLocks } from '../frame/host.ts';
import { knownJobs } from '../frame/job-contents.ts';
import { unreadableJob, unreadablePlaces } from '../frame/readable.ts';
import { zoneProblem } from '../frame/zones.ts';
import type { JobMemory } from './job-memory.ts';
import { pausesOf } from './pauses.ts';
import { findService, lookAtService } from './service-snapshots.ts';
import { unreadableOfService, unreadableRecords } from './unreadable.ts';

export interface Jobs {
  /** The names of all job files, and of what runs without a file; sorted. */
  readonly slugs: readonly string[];
  /** Jobs and services that have a history, but neither a file nor a process; sorted. */
  recorded(): readonly string[];
  /** Files that can't be jobs. */
  readonly strays: readonly Problem[];
  /** The job as its file says; `undefined` if there is no such job. */
  load(slug: string): Result<Seated<Job>> | undefined;
  /** `undefined` when there is no such job. */
  snapshot(slug: string): AnySnapshot | undefined;
  /**
   * The same for many jobs, one after the other; of what is not there any more, none. `runs` is the
   * number of last runs that the reader looks at.
   */
  snapshots(slugs: readonly string[], runs?: number): Iterable<AnySnapshot>;
  runs(slug: string): readonly RunSnapshot[];
  /** Runs, and what people have decided, as they followed each other. */
  entries(slug: string): readonly HistoryEntry[];
  /** The reason why the history of a job can't be read; absent if it can. */
  hidden(slug: string): string | undefined;
  /** A line for each day, also of days whose runs are no longer on record. */
  days(slug: string): readonly DayLine[];
}

export type JobsAnswer = { readonly ok: true; readonly jobs: Jobs } | { readonly ok: false; readonly problem: Problem };

/** The part of a snapshot beyond the records. It costs reading schedules and zones. */
export interface Times {
  /** The last runs on record spare reading the claims of most jobs. */
  (job: Job, runs?: readonly RunRecord[]): NonNullable<JobFacts['times']>;
  /** The crontab lines by the slugs of their jobs, and the command that writes them again. */
  installed(): Installed;
}

/** `fleetPauses` hold the jobs whose ticks the hosts of a pool claim. */
export function openJobs(
  config: Config,
  times?: Times,
  memory?: JobMemory,
  fleetPauses: () => readonly Pause[] = () => [],
): JobsAnswer {
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') return { ok: false, problem: listed.problem };
  const locks = realLocks(config, () => undefined);
  const history = realHistory(config);
  const state = stateFiles(config.stateDirectory);
  const { pauses, hidden: hiddenPauses } = pausesOf(config);
  const unreadableOfJob = once(() => unreadableRecords(state, hiddenPauses));
  const waiting = once(() => undeliveredNotices(state, clock.nowMs()));
  const lineOf = (slug: string) => times?.installed().lines.get(slug);
  const withLine = () => [...(times?.installed().lines.keys() ?? [])].filter(isSlug);
  const slugs = once(() =>
    [...new Set([...listed.slugs, ...runningWithoutFile(listed.slugs, locks), ...withLine()])].sort(),
  );
  const places = once(() => (config.embedded ? [] : unreadablePlaces(config)));
  const known = knownJobs(config);
  const jobs: Jobs = {
    get slugs() {
      return slugs();
    },
    recorded: () => recordedWithoutFile(slugs(), state),
    strays: listed.strays,
    load(slug) {
      const kept = memory?.find(slug);
      const isKept = kept !== undefined && unchanged(kept.value) !== undefined;
      const loaded = isKept
        ? kept
        : (unchanged(known(slug)) ?? loadJob(slug, config, { files, checkZone: zoneProblem }));
      if (!isKept && loaded?.ok === true) memory?.keep(slug, loaded);
      if (loaded?.ok === false && memory !== undefined)
        return { ...loaded, problems: memory.forReaders(loaded.problems) };
      const closed = loaded?.ok !== true ? [] : [...places(), ...unreadableJob(slug, config)];
      return closed.length === 0 ? seatedHere(loaded, config) : { ok: false, problems: closed };
    },
    snapshot: (slug) => snapshotBy(slug, locks.holder),
    *snapshots(names, runs) {
      const holderOf = locks.look();
      for (const slug of names) {
        const snapshot = snapshotBy(slug, holderOf, runs);
        if (snapshot !== undefined) yield snapshot;
      }
    },
    runs(slug) {
      const holder = locks.holder(slug);
      const next = locks.holder(nextLockName(slug));
      return readHistory(slug, { history }).runs.map((run) => snapshotRun(run, holder, next));
    },
    days: (slug) => allDays(history.kept(slug), parseEvents(history.read(slug))),
    hidden(slug) {
      const known = readHistory(slug, { history });
      const loaded = jobs.load(slug);
      return loaded?.ok && loaded.value.service !== undefined ? known.hidden : hiddenIn(known);
    },
    entries(slug) {
      const holder = locks.holder(slug);
      const next = locks.holder(nextLockName(slug));
      const shown = (run: RunRecord) => snapshotRun(run, holder, next);
      return entriesOf({ slug, text: history.read(slug), history: readHistory(slug, { history }), shown });
    },
  };
  const past = (slug: string, { holder, next }: Holders, runs?: number) =>
    readRecentHistory(slug, runIdsOf(holder, next), { history }, runs);
  /**
   * A run may begin or end between a look at its lock and one at its history. So a run that has
   * neither an end nor a lock is looked at again, until two looks say the same.
   */
  const lookAtRuns = (slug: string, holderOf: JobLocks['holder'], runs?: number) => {
    let holders: Holders = { holder: holderOf(slug), next: holderOf(nextLockName(slug)) };
    for (let unfinished: string | undefined; ; ) {
      const seen = past(slug, holders, runs);
      const last = seen.runs.findLast(({ outcome }) => outcome === undefined)?.run;
      if (last === unfinished || holders.holder !== undefined || holders.next !== undefined)
        return { ...holders, seen };
      unfinished = last;
      holders = { holder: locks.holder(slug), next: locks.holder(nextLockName(slug)) };
    }
  };
  const snapshotBy = (slug: string, holderOf: JobLocks['holder'], runs?: number): AnySnapshot | undefined => {
    const loaded = jobs.load(slug);
    const { holder, next, seen } = lookAtRuns(slug, holderOf, runs);
    const known =
      loaded?.ok && loaded.value.service === undefined ? undefined : findService(slug, loaded, holder, config);
    const service = known && lookAtService(known, holder, config);
    const line = lineOf(slug);
    if (loaded === undefined && holder === undefined && next === undefined && line === undefined) return undefined;
    const facts = {
      ...{ holder, next, nowMs: clock.nowMs(), service, history: seen },
      undelivered: waiting().filter((notice) => notice.slug === slug),
      ...(service !== undefined && { resetMs: readDesired(state, slug).service.reset?.atMs ?? 0 }),
    };
    if (!loaded?.ok)
      return snapshotBroken({
        ...facts,
        ...fileOf(slug, loaded, { config, left: line && leftWords(line, times) }),
        ...tagsOf(known),
      });
    const job = shownJob(loaded.value);
    const more = times?.(loaded.value, seen.runs);
    const holding = job.seat?.claimed === true ? [...pauses, ...fleetPauses()] : pauses;
    return snapshotJob({
      ...{ ...facts, job },
      paused: service === undefined ? pauseOf(job, holding, clock.nowMs()) : undefined,
      ...defined({ times: more }),
      unreadable: service === undefined ? unreadableOfJob()(job) : unreadableOfService(slug, state),
      sharedLocks: job.policy.locks.map((name) => ({ name, holder: locks.holder(sharedLockName(name)) })),
    });
  };
  return { ok: true, jobs };
}

/** A job that is known, unless its time zone is no longer one. */
function unchanged(job: Job | undefined): Result<Job> | undefined {
  const zone = job?.timing.timeZone;
  if (job === undefined || (zone !== undefined && zoneProblem(zone) !== undefined)) return undefined;
  return { ok: true, value: job, warnings: [] };
}

interface Holders {
  readonly holder: LockHolder | undefined;
  readonly next: LockHolder | undefined;
}

function runIdsOf(...holders: readonly (LockHolder | undefined)[]): readonly string[] {
  return holders.flatMap((holder) => holder?.runId ?? []);
}

/** Jobs and services that still run although their files are gone. */
function runningWithoutFile(listed: readonly string[], locks: JobLocks): readonly string[] {
  const names = new Set(locks.names().filter(isSlug));
  for (const slug of listed) names.delete(slug);
  return [...names].filter((slug) => locks.holder(slug) !== undefined);
}

function recordedWithoutFile(known: readonly string[], state: StateFiles): readonly string[] {
  const named = state.names('history').flatMap((name) => /^(.+)\.jsonl(?:\.1)?$/.exec(name)?.[1] ?? []);
  const names = new Set(named.filter(isSlug));
  for (const slug of known) names.delete(slug);
  return [...names].sort();
}

function fileOf(
  slug: string,
  loaded: Result<Job> | undefined,
  { config, left = '' }: { readonly config: Config; readonly left: string | undefined },
): Pick<BrokenJobFacts, 'slug' | 'file' | 'problems'> {
  if (loaded === undefined)
    return { slug, file: 'gone', problems: [`${jobPath(slug, config)}: the file is gone${left}`] };
  return { slug, file: 'broken', problems: loaded.ok ? [] : loaded.problems.map(formatProblem) };
}

/** A clause about the line of a job that is gone: cron goes on starting it, and each start fails. */
function leftWords({ part }: InstalledLine, times: Times | undefined): string {
  return `, but ${part.path} still has its line: ${times?.installed().command ?? ''}`;
}

function tagsOf(service: KnownService | undefined): Pick<BrokenJobFacts, 'tags'> {
  return service === undefined ? {} : { tags: service.tags };
}

/** A job as snapshots show it: with its schedule as it is written. */
function shownJob({ schedule, ...job }: Seated<Job>) {
  return { ...job, ...(schedule !== undefined && { schedule: schedule.written }) };
}
