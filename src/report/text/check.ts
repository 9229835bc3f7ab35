/** `jobctl check`: every problem, then what would become of each job, then one sentence. */
import type { JobLine } from '../../crontab/crontab.ts';
import { elsewhereWords } from '../../fleet/seat.ts';
import { formatProblem, type Problem } from '../../text/problem.ts';
import { widest } from '../../text/width.ts';
import { type ClockFacts, commonWarnings, ownWarnings } from '../clock/installed.ts';

export interface CheckedDirectory {
  readonly directory: string;
  readonly lines: readonly CheckedLine[];
  readonly problems: readonly Problem[];
}

/** `clock`: what is installed for it; absent when the directory is not the one that is in use. */
export interface CheckedLine extends JobLine {
  readonly clock?: ClockFacts;
}

export function checkText({ directory, lines, problems }: CheckedDirectory): string {
  const width = widest(lines.map(({ slug }) => slug));
  const bad = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file)).size;
  const warnings = problems.filter(({ severity }) => severity === 'warning').length;
  const warned = warnings === 0 ? '' : `, ${count(warnings, 'warning')}`;
  const sum = bad === 0 ? 'all valid' : `${bad} with problems`;
  return [
    ...problems.map(formatProblem),
    ...lines.map((line) => `${line.slug.padEnd(width)}  ${[lineWords(line), ...ownWarnings(line.clock)].join('; ')}`),
    ...commonWarnings(lines.map(({ clock }) => clock)),
    `${directory}: ${count(lines.length, 'job')}, ${sum}${warned}`,
    '',
  ].join('\n');
}

function lineWords({ state, schedule, timeZone, seat }: JobLine): string {
  switch (state) {
    case 'scheduled':
    case 'kept':
      return timeZone === undefined ? `${schedule}` : `${schedule} in ${timeZone}`;
    case 'unscheduled':
      return 'no line in the crontab: disabled, or without a schedule';
    case 'elsewhere':
      return `not on this host: it ${seat === undefined ? 'belongs to others' : elsewhereWords(seat)}`;
    case 'service':
      return 'a service, kept up';
    case 'left out':
      return 'problems: a line that it has is kept, a new one is not written';
    default:
      return state satisfies never;
  }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
