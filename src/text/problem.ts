/** What is wrong with a text that a person wrote, and where; every reader of such a text returns these instead of throwing. */
import { printable } from './printable.ts';

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based; absent when the problem is the file itself (missing, too large, not readable). */
  readonly line?: number;
  /** 1-based, in characters. */
  readonly column?: number;
  /** What was expected, what was found and what to do, in one line. */
  readonly message: string;
  /** The message without a word of the file, where there is such a sentence. */
  readonly rule?: string;
  /** The file is not for everybody: what everybody can read must not quote it (audience.ts). */
  readonly isPrivate?: true;
}

/** A value with the warnings met on the way, or every problem (at least one of them an error). */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `jobs/backup.yaml:4:10: "timeout" must be …`; warnings say so after the place. One line, printable characters only. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const label = problem.severity === 'warning' ? 'warning: ' : '';
  return printable(`${place}: ${label}${problem.message}`);
}
