/** The job directory: the names of its jobs, and the bytes of one job file. */
import type { FileRead, Files } from '../system/types/file.ts';
import type { Problem } from '../text/problem.ts';
import { isUnreadName, unreadFiles, unreadMessage } from '../yaml/unread.ts';

interface JobDirectory {
  readonly jobDirectory: string;
}

/** No job needs more than 256 KiB, and the limit bounds the parser's memory. */
const limitBytes = 256 * 1024;

/**
 * True for the name of a job. Such a name needs no quotes in a shell, a crontab, a log directory
 * and a mail subject.
 */
export function isSlug(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(text);
}

export type JobNames =
  /** `slugs` are sorted bytewise; `strays` are problems of files that can't be jobs. */
  | { readonly is: 'listed'; readonly slugs: readonly string[]; readonly strays: readonly Problem[] }
  /** The directory can't be read, so nothing is known about any job. */
  | { readonly is: 'unlisted'; readonly problem: Problem };

/** Returns the names of the job files in a directory. */
export function listJobFiles({ jobDirectory }: JobDirectory, files: Files): JobNames {
  const names = files.list(jobDirectory);
  if (names === undefined) {
    return {
      is: 'unlisted',
      problem: error(jobDirectory, 'the job directory can not be read; create it, or set "job_directory"'),
    };
  }
  // Editors and configuration managers use hidden files for what is not finished.
  const found = names
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
    .map((name) => name.slice(0, -5));
  const strays = found
    .filter((slug) => !isSlug(slug))
    .sort()
    .map((slug) => error(`${jobDirectory}/${slug}.yaml`, badSlugMessage));
  return {
    is: 'listed',
    slugs: found.filter(isSlug).sort(),
    strays: [...strays, ...unreadFiles(jobDirectory, names, files)],
  };
}

/**
 * Returns the problem of a file's name, if a file with this name in the job directory would be no
 * job.
 */
export function nameProblem(path: string): Problem | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.endsWith('.yaml')) return isSlug(name.slice(0, -5)) ? undefined : error(path, badSlugMessage);
  if (isUnreadName(name)) return error(path, unreadMessage(name));
  return error(path, 'this file would not be read: the name of a job file ends in ".yaml"');
}

/** Returns the end of a message about an unknown job: a file with its name that is not read. */
export function unreadNamesake(slug: string, { jobDirectory }: JobDirectory, files: Files): string {
  const namesake = isSlug(slug)
    ? files.list(jobDirectory)?.find((name) => isUnreadName(name) && name.replace(/\.[^.]*$/, '') === slug)
    : undefined;
  return namesake === undefined ? '' : `; ${jobDirectory}/${namesake} is not read: rename it to "${slug}.yaml"`;
}

const badSlugMessage =
  'this can not be the name of a job: use letters, digits, "_", "." and "-", start with a letter, digit or "_", at most 100 characters';

export function jobPath(slug: string, { jobDirectory }: JobDirectory): string {
  return `${jobDirectory}/${slug}.yaml`;
}

/** Returns the bytes of a job file, or the reason why it can't be read. */
export function readJobFile(slug: string, { jobDirectory }: JobDirectory, files: Files): FileRead {
  return files.readRegular(jobPath(slug, { jobDirectory }), { limitBytes, inside: jobDirectory });
}

function error(file: string, message: string): Problem {
  return { severity: 'error', file, message };
}
