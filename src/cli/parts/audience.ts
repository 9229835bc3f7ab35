/** Whether the service user can read what decides about its runs; only root can tell, and nobody else is told. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { jobPath } from '../../job/load.ts';
import { unreadableBy } from '../../system/as-user.ts';
import { files } from '../../system/files.ts';
import type { Problem } from '../../yaml/problem.ts';

/** What keeps every run from starting: a configuration file or the job directory that run-job can't read. */
export function closedPlaces({ serviceUser, sources, jobDirectory }: Config): readonly Problem[] {
  const dropIns = new Set(sources.map((file) => path.dirname(file)).filter((directory) => directory.endsWith('.d')));
  const places = [
    ...sources.map((file) => [file, 'file'] as const),
    ...[...dropIns, jobDirectory].map((directory) => [directory, 'directory'] as const),
  ];
  return places.flatMap(([file, kind]) => {
    const message = unreadableBy(serviceUser, file, kind);
    return message === undefined ? [] : [{ severity: 'error', file, message } as const];
  });
}

/** The same for one job file that is good otherwise, in a directory that is open. */
export function closedJob(slug: string, config: Config): readonly Problem[] {
  const file = jobPath(slug, config);
  const facts = files.facts(file);
  // Nearly all are open to everybody, and thousands need no second look.
  if (facts === undefined || (facts.kind === 'file' && (facts.mode & 0o004) !== 0)) return [];
  const message = unreadableBy(config.serviceUser, file, 'file');
  return message === undefined ? [] : [{ severity: 'error', file, message }];
}
