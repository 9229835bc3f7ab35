/**
 * The lines of a job file that may hold secrets: values of variables, addresses and files of channels. A problem quotes them for the person who
 * checks the file; a page that many people read does not.
 */
import type { Problem } from '../../text/problem.ts';
import { jobSchema } from '../keys/schema.ts';

const secretKeys: ReadonlySet<string> = new Set(['environment', 'notify']);
const knownKeys: ReadonlySet<string> = new Set(Object.keys(jobSchema.properties));

/** Returns the problems of a text, marked where they may quote a secret. */
export function withSecrets(problems: readonly Problem[], bytes: Uint8Array): readonly Problem[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return problems.map((problem) => (mayQuote(problem, lines) ? { ...problem, mayQuoteSecret: true } : problem));
}

/** False only where the key above is known and holds none, or where the problem is the name of a key. */
function mayQuote({ line, column }: Problem, lines: readonly string[]): boolean {
  if (line === undefined) return false;
  const keyOf = (text: string | undefined) => /^([A-Za-z_]\w*)[ \t]*:(?:\s|$)/.exec(text ?? '')?.[1];
  if (column === 1 && keyOf(lines[line - 1]) !== undefined) return false;
  const key = lines
    .slice(0, line)
    .map(keyOf)
    .findLast((one) => one !== undefined);
  return key === undefined || secretKeys.has(key) || !knownKeys.has(key);
}
