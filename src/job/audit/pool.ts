/** Audits the pool of a job: whether the configuration has it, and keys that have no effect. */
import type { Fleet } from '../../system/types/fleet.ts';
import { nearest } from '../../text/nearest.ts';
import type { JobPool } from '../keys/pool-keys.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { errorAt, type ValueProblem, warningAt } from '../value-problem.ts';

/** `pools` are those of the configuration; absent where the file is checked by itself. */
export function auditPool(
  file: WrittenJob,
  pool: JobPool | undefined,
  pools: Fleet['pools'] | undefined,
): readonly ValueProblem[] {
  if (pool === undefined) {
    const useless = (['runs', 'placement'] as const).filter((key) => file[key] !== undefined);
    return useless.map((key) => warningAt([key], `"${key}" has no effect without "pool"`));
  }
  const known = pools === undefined ? [] : auditName(pool.name, pools);
  if (pool.runs === 'one' || file.placement === undefined) return known;
  return [...known, warningAt(['placement'], '"placement" has no effect with "runs: each"')];
}

function auditName(name: string, pools: Fleet['pools']): readonly ValueProblem[] {
  const names = Object.keys(pools);
  const hosts = Object.hasOwn(pools, name) ? pools[name] : undefined;
  if (hosts === undefined) return [errorAt(['pool'], unknownWords(name, names))];
  if (hosts.length > 0) return [];
  return [warningAt(['pool'], `the pool "${name}" has no hosts, so no host starts this job`)];
}

function unknownWords(name: string, names: readonly string[]): string {
  if (names.length === 0) return `there is no pool "${name}": the configuration has no "fleet.pools"`;
  const guess = nearest(name, names);
  const meant = guess === undefined ? '' : `; did you mean "${guess}"?`;
  return `there is no pool "${name}" in "fleet.pools" of the configuration, only ${names.slice(0, 10).join(', ')}${meant}`;
}
