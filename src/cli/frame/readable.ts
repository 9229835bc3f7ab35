/**
 * Finds what the service user can't read and a run needs. Only root can find out; for other callers
 * it is empty.
 */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { jobPath } from '../../job/folder.ts';
import { unopenedBy, unreadableBy } from '../../system/file/as-user.ts';
import type { Problem } from '../../text/problem.ts';

/**
 * The configuration files and the job directory that run-job can't read: they keep every run from
 * starting.
 */
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

/** The same for one job file that has no other problem, in a directory that can be read. */
export function unreadableJob(slug: string, config: Config): readonly Problem[] {
  const file = jobPath(slug, config);
  const message = unreadableBy(config.serviceUser, file, 'file');
  return message === undefined ? [] : [{ severity: 'error', file, message }];
}

/**
 * The same for many files, which are tried in one go, because becoming another user costs more than
 * reading a file. Mode bits don't decide: an ACL, or the bits of the group, may shut out one user
 * where all others may read.
 */
export function unreadableJobs(slugs: readonly string[], config: Config): (slug: string) => readonly Problem[] {
  const closed = new Set(unopenedBy(config.serviceUser, slugs, (slug) => jobPath(slug, config)));
  return (slug) => (closed.has(slug) ? unreadableJob(slug, config) : []);
}
