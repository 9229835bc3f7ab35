/** The values of a job file that not everybody may read; what more people can read than the file (history, records, syslog) must not quote them. */
import type { Files } from '../system/types/file.ts';
import { isForAll } from '../yaml/audience.ts';
import type { Job } from './job.ts';

/** Shorter ones give nothing away, and would be found in words that mean something else. */
const leastLength = 4;

/** Longest first; empty when everybody may read the file. */
export function privateValues(job: Job, files: Pick<Files, 'facts' | 'resolve'>): readonly string[] {
  if (isForAll(files.resolve(job.path) ?? job.path, files)) return [];
  const { environment, workingDirectory, commands, slowStartCommands, service } = job;
  const own = [Object.entries(environment), workingDirectory, commands, slowStartCommands, service];
  // A search path is quoted whole, and one of its directories by itself.
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
