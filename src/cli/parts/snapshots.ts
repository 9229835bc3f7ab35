/** Snapshots of the real jobs: one at a time, so that a listing of ten thousand streams. */
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { listJobFiles, loadJob } from '../../job/load.ts';
import { entryMs, type HistoryEntry } from '../../report/history-text.ts';
import type { AnySnapshot } from '../../report/job-text.ts';
import { type JobFacts, type RunSnapshot, snapshotJob, snapshotRun } from '../../report/snapshot.ts';
import { pauseOf } from '../../run/pause.ts';
import { readPauses } from '../../run/pauses.ts';
import { readHistory } from '../../run/record.ts';
import { parseExpression } from '../../schedule/expression.ts';
import { clock } from '../../system/clock.ts';
import { files } from '../../system/files.ts';
import { stateFiles } from '../../system/state-files.ts';
import { formatProblem, type Problem, type Result } from '../../yaml/problem.ts';
import { realHistory, realLocks } from './machine.ts';
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
  const pauses = readPauses(stateFiles(config.stateDirectory));
  const jobs: Jobs = {
    slugs: listed.slugs,
    strays: listed.strays,
    load: (slug) => loadJob(slug, config, { files, checkSchedule: parseExpression, checkZone: zoneObjection }),
    snapshot(slug) {
      const loaded = loadJob(slug, config, { files });
      if (loaded === undefined) return undefined;
      const known = readHistory(slug, { history });
      if (!loaded.ok) return { slug, problems: loaded.problems.map(formatProblem), lastStatus: known.lastStatus };
      const job = { ...loaded.value, disabled: !loaded.value.enabled };
      const paused = pauseOf(job, pauses, clock.nowMs());
      const facts = { job, holder: locks.holder(slug), history: known, paused };
      const more = times?.(loaded.value);
      return snapshotJob({ ...facts, ...(more !== undefined && { times: more }) });
    },
    runs(slug) {
      const holder = locks.holder(slug);
      return readHistory(slug, { history }).runs.map((run) => snapshotRun(run, holder));
    },
    entries(slug) {
      const holder = locks.holder(slug);
      const { runs, steered = [] } = readHistory(slug, { history });
      const entries: HistoryEntry[] = [
        ...runs.map((run) => ({ job: slug, is: 'run', run: snapshotRun(run, holder) }) as const),
        ...steered.map((step) => ({ job: slug, is: 'steered', step }) as const),
      ];
      return entries.sort((a, b) => entryMs(a) - entryMs(b));
    },
  };
  return { ok: true, jobs };
}
