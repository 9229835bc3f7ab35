/**
 * Keeps the text of private files private. A problem quotes its file for the person who asked; a
 * history, syslog or a record, which more people can read than the file, gets only the place and
 * the rule.
 */
import type { Files } from '../system/types/file.ts';
import { formatProblem, type Problem } from '../text/problem.ts';

/** Returns the problems of a file, marked as private if not everybody on this host can read it. */
export function withAudience(
  problems: readonly Problem[],
  path: string,
  files: Pick<Files, 'facts' | 'resolve'>,
): readonly Problem[] {
  return isForAll(files.resolve(path) ?? path, files) ? problems : problems.map((one) => ({ ...one, isPrivate: true }));
}

/** Returns a problem without any text of a private file, for places that everybody can read. */
export function publicWords(problem: Problem): string {
  return formatProblem(publicProblem(problem));
}

export function publicProblem(problem: Problem): Problem {
  if (!problem.isPrivate) return problem;
  const message =
    problem.rule ?? 'this file has a problem, which is shown only to users who may read the file: jobctl check';
  return { ...problem, message };
}

/** True if everybody can read the file and enter every directory above it. */
export function isForAll(path: string, files: Pick<Files, 'facts'>): boolean {
  const parts = path.split('/').slice(1, -1);
  const above = ['/', ...parts.map((_part, depth) => `/${parts.slice(0, depth + 1).join('/')}`)];
  const allows = (name: string, bit: number) => ((files.facts(name)?.mode ?? bit) & bit) !== 0;
  return allows(path, 0o004) && above.every((directory) => allows(directory, 0o001));
}
