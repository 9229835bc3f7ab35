/**
 * The crontab as job-scheduler uses it: its entries with parsed schedules, and its settings as
 * variables. The text is that of cron-generate, so the two can't disagree.
 */

import type { Look } from '../../schedule/cron-clock.ts';
import { type Expression, expressionOf } from '../../schedule/expression.ts';
import { matchesMinute } from '../../schedule/next.ts';
import { defined } from '../../text/defined.ts';
import { lineRule } from '../present.ts';
import { readLine } from '../reader.ts';

export interface TableLine {
  /** The line as it is written; equal lines do the same. */
  readonly written: string;
  readonly command: string;
  /** The job that the line starts; absent for a line about all jobs. */
  readonly slug?: string;
  /** run-job itself looks whether a tick is due. */
  readonly due: boolean;
}

/** Lines with the same schedule. */
interface Group {
  readonly expression: Expression;
  readonly lines: readonly TableLine[];
}

export interface Table {
  /** The environment that cron would give each line; without LOGNAME and USER. */
  readonly settings: Readonly<Record<string, string>>;
  /** The lines for `@reboot`. */
  readonly atBoot: readonly TableLine[];
  readonly groups: readonly Group[];
}

export function readTable(text: string): Table {
  const settings: Record<string, string> = {};
  const groups = new Map<string, { readonly expression: Expression; readonly lines: TableLine[] }>();
  for (const written of text.split('\n')) {
    const line = readLine(written);
    if (line.is === 'setting') settings[line.name] = line.value;
    if (line.is !== 'entry') continue;
    const { schedule, command } = line;
    const expression = groups.get(schedule)?.expression ?? expressionOf(schedule);
    // The crontab has no line that cron would not understand.
    if (expression === undefined) continue;
    const rule = lineRule(command);
    const group = groups.get(schedule) ?? { expression, lines: [] };
    group.lines.push({ written, command, due: rule?.due === true, ...defined({ slug: rule?.slug }) });
    groups.set(schedule, group);
  }
  const all = [...groups.values()];
  return {
    settings,
    atBoot: all.filter(({ expression }) => expression.atBoot).flatMap(({ lines }) => lines),
    groups: all.filter(({ expression }) => !expression.atBoot),
  };
}

/**
 * The lines that are due at each look, in cron's order; looks without a line are left out. cron
 * waits a moment between two of them.
 */
export function roundsOf({ groups }: Table, looks: readonly Look[]): readonly (readonly TableLine[])[] {
  const rounds: (readonly TableLine[])[] = [];
  for (const { localMinute, lines } of looks) {
    const due = groups.filter(({ expression }) => matchesMinute(expression, localMinute) && isFor(expression, lines));
    if (due.length > 0) rounds.push(due.flatMap((group) => group.lines));
  }
  return rounds;
}

function isFor({ minuteStar, hourStar }: Expression, lines: Look['lines']): boolean {
  return lines === 'all' || (minuteStar || hourStar ? 'wildcard' : 'fixed') === lines;
}

/** The number of lines, for people. */
export function lineCount({ groups, atBoot }: Table): number {
  return groups.reduce((sum, { lines }) => sum + lines.length, atBoot.length);
}
