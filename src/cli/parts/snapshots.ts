/** Snapshots of the real jobs: one at a time, so that a listing of ten thousand streams. */
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { listJobFiles, loadJob } from '../../job/load.ts';
import { undelivered } from '../../notify/entry.ts';
import { noticeFolders } from '../../notify/note-folders.ts';
import { entryMs, type HistoryEntry } from '../../report/history-text.ts';
import type { AnySnapshot } from '../../report/job-text.ts';
import { healthFrom, type JobFacts, type RunSnapshot, snapshotJob, snapshotRun } from '../../report/snapshot.ts';
import { pauseOf } from '../../run/pause.ts';
import { readPauses } from '../../run/pauses.ts';
import { readHistory } from '../../run/record.ts';
import { sharedLockName } from '../../run/run-locks.ts';
import { nextLockName } from '../../run/take-lock.ts';
import { clock } from '../../system/clock.ts';
import { files } from '../../system/files.ts';
import { stateFiles } from '../../system/state-files.ts';
import { formatProblem, type Problem, type Result } from '../../yaml/problem.ts';
import { realHistory, realLocks } from './machine.ts';
import { lookAtService } from './service-snapshots.ts';
import { zoneObjection } from './tick-zones.ts';

export interface Jobs {
  readonly slugs: readonly string[];
  /** Files that can't be jobs. */
  readonly strays: readonly Problem[];
  /** What its file says now; `undefined` when there is no such job. */
  load(slug: string): Result<Job> | undefined;
  /** `undefined` when there is no such job. */
  snapshot(slug: string): AnySnapshot | undefined;
  runs(slug: string): readonly RunSnapshot[];
  /** Runs, and what people have decided, as they followed each other. */
  entries(slug: string): readonly HistoryEntry[];
}

export type JobsAnswer = { readonly ok: true; readonly jobs: Jobs } | { readonly ok: false; readonly problem: Problem };

/** What a snapshot holds beyond what is on record; it costs reading schedules and zones. */
export type Times = (job: Job) => NonNullable<JobFacts['times']>;

export function openJobs(config: Config, times?: Times): JobsAnswer {
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') return { ok: false, problem: listed.problem };
  const locks = realLocks(config, () => undefined);
  const history = realHistory(config);
  const state = stateFiles(config.stateDirectory);
  const pauses = readPauses(state);
  const waiting = undelivered(state.names(noticeFolders.outbox));
  const jobs: Jobs = {
    slugs: listed.slugs,
    strays: listed.strays,
    load: (slug) => loadJob(slug, config, { files, checkZone: zoneObjection }),
    snapshot(slug) {
      const loaded = jobs.load(slug);
      if (loaded === undefined) return undefined;
      const known = readHistory(slug, { history });
      if (!loaded.ok)
        return {
          slug,
          problems: loaded.problems.map(formatProblem),
          lastStatus: known.lastStatus,
          health: healthFrom(known.streak),
        };
      const job = { ...loaded.value, disabled: !loaded.value.enabled };
      const paused = pauseOf(job, pauses, clock.nowMs());
      const holder = locks.holder(slug);
      const { service } = loaded.value;
      const seen = service && lookAtService({ ...loaded.value, service }, holder, config);
      const more = times?.(loaded.value);
      return snapshotJob({
        ...{ job, holder, history: known, nowMs: clock.nowMs() },
        paused: service === undefined ? paused : undefined,
        service: seen,
        ...(more !== undefined && { times: more }),
        undelivered: waiting.filter((notice) => notice.slug === slug),
        next: locks.holder(nextLockName(slug)),
        sharedLocks: job.policy.locks.map((name) => ({ name, holder: locks.holder(sharedLockName(name)) })),
      });
    },
    runs(slug) {
      const holder = locks.holder(slug);
      const next = locks.holder(nextLockName(slug));
      return readHistory(slug, { history }).runs.map((run) => snapshotRun(run, holder, next));
    },
    entries(slug) {
      const holder = locks.holder(slug);
      const next = locks.holder(nextLockName(slug));
      const { runs, steered = [] } = readHistory(slug, { history });
      const entries: HistoryEntry[] = [
        ...runs.map((run) => ({ job: slug, is: 'run', run: snapshotRun(run, holder, next) }) as const),
        ...steered.map((step) => ({ job: slug, is: 'steered', step }) as const),
      ];
      return entries.sort((a, b) => entryMs(a) - entryMs(b));
    },
  };
  return { ok: true, jobs };
}
