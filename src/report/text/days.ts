/** `jobctl history --days`: a line for each day of a job, also of days whose runs are no longer on record. */
import type { DayLine } from '../../run/history/days.ts';
import { shortDuration } from './relative.ts';
import { measure, table } from './terminal/table.ts';

const columns = [
  { title: 'DAY' },
  { title: 'OK', align: 'right' },
  { title: 'FAILED', align: 'right' },
  { title: 'SKIPPED', align: 'right' },
  { title: 'MISSED', align: 'right' },
  { title: 'HALF WITHIN', align: 'right' },
  { title: 'LONGEST', align: 'right' },
  { title: 'FIRST FAILURE' },
] as const;

/** Days are UTC. */
export function daysText(days: readonly DayLine[], formatTime: (ms: number) => string): string {
  const count = (number: number) => ({ text: number === 0 ? '' : String(number) });
  const rows = days.map(({ day, success, failure, skipped, missed, took, firstFailure }) => [
    { text: day },
    ...[success, failure, skipped, missed].map(count),
    { text: took === undefined ? '' : shortDuration(took.p50Ms) },
    { text: took === undefined ? '' : shortDuration(took.maxMs) },
    { text: firstFailure === undefined ? '' : `${formatTime(firstFailure.atMs)} ${firstFailure.run}` },
  ]);
  const { titles, rows: lines } = table(measure(columns, rows), { width: Number.POSITIVE_INFINITY });
  return [titles, ...lines].map((line) => `${line}\n`).join('');
}
