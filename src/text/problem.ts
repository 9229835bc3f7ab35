/**
 * A problem of a text that a person wrote, with its place. All parsers of such texts return
 * problems instead of throwing.
 */
import { printable } from './printable.ts';

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based; absent if the problem is the file itself (missing, too large, not readable). */
  readonly line?: number;
  /** 1-based, in characters. */
  readonly column?: number;
  /** One line that says what was expected, what was found and what to do. */
  readonly message: string;
  /** The message without a word of the file, if there is such a message. */
  readonly rule?: string;
  /**
   * Not everybody can read the file, so a text that everybody can read must not quote it
   * (audience.ts).
   */
  readonly isPrivate?: true;
  /** The message may quote a value that is nobody's business but the job's, such as that of a variable. */
  readonly mayQuoteSecret?: true;
}

/** A value and its warnings, or every problem (at least one of them an error). */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Returns `jobs/backup.yaml:4:10: "timeout" must be …`, one printable line; a warning has
 * "warning:" after the place.
 */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const label = problem.severity === 'warning' ? 'warning: ' : '';
  return printable(`${place}: ${label}${problem.message}`);
}
