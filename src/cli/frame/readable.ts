/** Whether the service user can read what decides about its runs; only root can tell, and nobody else is told. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { jobPath } from '../../job/folder.ts';
import { unopenedBy, unreadableBy } from '../../system/file/as-user.ts';
import type { Problem } from '../../text/problem.ts';

/** What keeps every run from starting: a configuration file or the job directory that run-job can't read. */
export function unreadablePlaces({ serviceUser, sources, jobDirectory }: Config): readonly Problem[] {
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
export function unreadableJob(slug: string, config: Config): readonly Problem[] {
  const file = jobPath(slug, config);
  const message = unreadableBy(config.serviceUser, file, 'file');
  return message === undefined ? [] : [{ severity: 'error', file, message }];
}

/**
 * The same for many: those that the service user can't open are found in one go, since to become another user costs more than to read a file.
 * Mode bits would not do: an ACL, or the group's bits, may shut out one user where everybody else may read.
 */
export function unreadableJobs(slugs: readonly string[], config: Config): (slug: string) => readonly Problem[] {
  const closed = new Set(unopenedBy(config.serviceUser, slugs, (slug) => jobPath(slug, config)));
  return (slug) => (closed.has(slug) ? unreadableJob(slug, config) : []);
}
