/**
 * storm fleet [SEEDS [TICKS [FIRST]]]: stories of a fleet in virtual time, by seeds. Prints what went wrong with its seed, and the figures.
 */
import process from 'node:process';
import { Story } from '../fleet/sim/story.ts';

export async function fleetStorm(args: readonly string[]): Promise<number> {
  const [seeds = 1000, ticks = 100, first = 1] = args.map(Number);
  const fates: Record<string, number> = {};
  const woken: Record<string, { count: number; longestMs: number }> = {};
  const total = { stories: seeds, minutes: 0, starts: 0, ticksThatMustStart: 0, problems: 0 };
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await new Story(seed, ticks).tell();
    for (const problem of report.problems.slice(0, 5)) process.stdout.write(`${problem}\n`);
    total.minutes += ticks;
    total.starts += report.starts;
    total.ticksThatMustStart += report.able;
    total.problems += report.problems.length;
    for (const [fate, count] of Object.entries(report.fates)) fates[fate] = (fates[fate] ?? 0) + count;
    for (const [kind, { count, longestMs }] of Object.entries(report.woken)) {
      const known = woken[kind];
      woken[kind] = { count: count + (known?.count ?? 0), longestMs: Math.max(longestMs, known?.longestMs ?? 0) };
    }
  }
  process.stdout.write(`${JSON.stringify({ ...total, fates, woken }, null, 2)}\n`);
  return total.problems > 0 ? 1 : 0;
}
