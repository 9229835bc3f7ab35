/** Loads every job of a directory, as several programs do one by one. */

import { listJobFiles } from '../../src/job/folder.ts';
import type { Job } from '../../src/job/job.ts';
import { type JobPlaces, loadJob } from '../../src/job/load.ts';
import type { Problem, Result } from '../../src/text/problem.ts';

export interface LoadedFolder {
  readonly jobs: ReadonlyMap<string, Result<Job>>;
  readonly strays: readonly Problem[];
}

export function loadFolder(places: JobPlaces, machine: Parameters<typeof loadJob>[2]): LoadedFolder {
  const names = listJobFiles(places, machine.files);
  if (names.is === 'unlisted') throw new Error(names.problem.message);
  const jobs = new Map<string, Result<Job>>();
  for (const slug of names.slugs) {
    const result = loadJob(slug, places, machine);
    if (result !== undefined) jobs.set(slug, result);
  }
  return { jobs, strays: names.strays };
}
