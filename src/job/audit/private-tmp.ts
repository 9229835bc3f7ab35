/** What a job with a /tmp of its own can't see: a working directory in the host's /tmp. */
import type { JobContent, JobRemark } from '../job.ts';
import type { WrittenJob } from '../keys/schema.ts';

/** Whether an absolute path is in what `private_tmp` hides, as far as its name tells. */
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
): readonly JobRemark[] {
  if (!privateTmp || workingDirectory === undefined || !isBelowTmp(workingDirectory)) return [];
  const key = file.working_directory === undefined ? 'private_tmp' : 'working_directory';
  const message = `"working_directory" is in the /tmp of the host, which "private_tmp" hides from the job; use a directory elsewhere, or leave "private_tmp" out`;
  return [{ severity: 'error', path: [key], message }];
}
