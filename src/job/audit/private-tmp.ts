/** Refuses a working directory in the host's /tmp for a job that has a /tmp of its own. */
import type { JobContent } from '../job.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { errorAt, type ValueProblem } from '../value-problem.ts';

/** True for an absolute path below a directory that `private_tmp` hides; links are not resolved. */
export function isBelowTmp(path: string): boolean {
  const [first, second] = normalParts(path);
  return first === 'tmp' || (first === 'var' && second === 'tmp');
}

function normalParts(path: string): readonly string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

export function auditPrivateTmp(
  file: WrittenJob,
  { privateTmp, workingDirectory }: Pick<JobContent, 'privateTmp' | 'workingDirectory'>,
): readonly ValueProblem[] {
  if (!privateTmp || workingDirectory === undefined || !isBelowTmp(workingDirectory)) return [];
  const key = file.working_directory === undefined ? 'private_tmp' : 'working_directory';
  const message = `"working_directory" is in the /tmp of the host, which "private_tmp" hides from the job; use a directory elsewhere, or leave "private_tmp" out`;
  return [errorAt([key], message)];
}
