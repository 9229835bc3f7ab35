/** Problems with the values of a job file, before their places in the file are known. */
import type { Path } from '../yaml/place.ts';

export interface ValueProblem {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  /** The 0-based index in the text at `path`, if it is known. */
  readonly index?: number;
  readonly message: string;
}

export function errorAt(path: Path, message: string): ValueProblem {
  return { severity: 'error', path, message };
}

export function warningAt(path: Path, message: string): ValueProblem {
  return { severity: 'warning', path, message };
}
