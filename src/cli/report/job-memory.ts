/** The jobs that this process has loaded, by the stamps of their files: a program that lists all jobs again and again reads only what has changed. */
import type { Config } from '../../config/config.ts';
import { jobPath } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { stampOf } from '../../job/stamp.ts';
import { files } from '../../system/file/files.ts';
import { clock } from '../../system/time/clock.ts';
import type { Problem, Result } from '../../text/problem.ts';
import { publicProblem } from '../../yaml/audience.ts';

type Loaded = Extract<Result<Job>, { readonly ok: true }>;

export interface JobMemory {
  /** The job as its file still says; `undefined` when it has to be read. */
  find(slug: string): Loaded | undefined;
  keep(slug: string, loaded: Loaded): void;
  /** Another number whenever a file was found to be another one. */
  changes(): number;
  /** The problems of a job file in words for everybody who reads what this process shows. */
  forReaders(problems: readonly Problem[]): readonly Problem[];
}

export function jobMemory(config: Pick<Config, 'jobDirectory'>): JobMemory {
  const known = new Map<string, { readonly stamp: string; readonly loaded: Loaded }>();
  let changes = 0;
  const stampNow = (slug: string) => stampOf(files.facts(jobPath(slug, config)), clock.nowMs());
  return {
    find(slug) {
      const kept = known.get(slug);
      if (kept === undefined || kept.stamp === stampNow(slug)) return kept?.loaded;
      changes += 1;
      known.delete(slug);
      return undefined;
    },
    keep(slug, loaded) {
      // A file that changed between its reading and this look has no stamp yet.
      const stamp = stampNow(slug);
      changes += 1;
      if (stamp === undefined) known.delete(slug);
      else known.set(slug, { stamp, loaded });
    },
    changes: () => changes,
    forReaders: (problems) => problems.map(forReaders),
  };
}

/** Readers of the page may be others than those who may read the file. */
function forReaders({ mayQuoteSecret, ...problem }: Problem): Problem {
  return publicProblem(mayQuoteSecret ? { ...problem, isPrivate: true } : problem);
}
