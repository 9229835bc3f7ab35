/**
 * Finds the values of a private job file, which history, records and syslog must not quote, because
 * more people can read those.
 */
import type { Files } from '../system/types/file.ts';
import { isForAll } from '../yaml/audience.ts';
import type { Job } from './job.ts';

/** Shorter values reveal nothing, and occur in unrelated words. */
const leastLength = 4;

/** Returns the values, the longest first; none if everybody may read the file. */
export function privateValues(job: Job, files: Pick<Files, 'facts' | 'resolve'>): readonly string[] {
  if (isForAll(files.resolve(job.path) ?? job.path, files)) return [];
  const { environment, workingDirectory, commands, slowStartCommands, service } = job;
  const own = [Object.entries(environment), workingDirectory, commands, slowStartCommands, service];
  // Messages quote a search path whole, or one of its directories.
  const values = [...stringsIn(own)].flatMap((value) => [value, ...value.split(':')]);
  return [...new Set(values)].filter(({ length }) => length >= leastLength).sort((a, b) => b.length - a.length);
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) yield* stringsIn(one);
}

export function withoutValues(text: string, values: readonly string[]): string {
  return values.reduce((rest, value) => rest.replaceAll(value, '***'), text);
}
