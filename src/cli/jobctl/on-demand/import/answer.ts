/** The answer of `jobctl import`, for people and for programs. */
import { createTwoFilesPatch } from 'diff';
import { type EnvironmentRow, environmentText } from '../../../../crontab/import/environment.ts';
import type { SourceNote } from '../../../../crontab/import/source.ts';
import { shellWord } from '../../../../text/shell-word.ts';

/** The text of a crontab. */
export interface Source {
  readonly title: string;
  readonly text: string;
  readonly hasUsers: boolean;
  readonly isAnacron: boolean;
  readonly user: string;
  /** Other users can't read the source, so they must not read what is made of it. */
  readonly isPrivate: boolean;
}

export interface ImportedJob {
  readonly slug: string;
  readonly text: string;
  /** The differences that are left to decide. */
  readonly checks: readonly string[];
  readonly line: number;
  /** Its starts are proved to be those of its source. */
  readonly isSame: boolean;
}

/** The way to switch the source off when the jobs are in place. */
type Removal =
  | { readonly is: 'patch'; readonly patch: string }
  | { readonly is: 'commands'; readonly commands: readonly string[] };

export interface Outcome {
  readonly title: string;
  readonly isPrivate: boolean;
  readonly jobs: readonly ImportedJob[];
  /** Lines that become no job. A note may name another file than the source. */
  readonly problems: readonly (SourceNote & { readonly file?: string })[];
  readonly left: readonly SourceNote[];
  /** The program whose environment is compared. */
  readonly giver: 'cron' | 'systemd';
  readonly environment: readonly EnvironmentRow[];
  readonly removal: Removal;
}

/** The lines to take out of a crontab, as a patch. */
export function patchOf({ title, text }: Pick<Source, 'title' | 'text'>, lines: readonly number[]): string {
  const moved = new Set(lines);
  const kept = text
    .split('\n')
    .filter((_, index) => !moved.has(index + 1))
    .join('\n');
  return createTwoFilesPatch(title, title, text, kept, 'present', 'without the jobs').replace(
    /^(?:Index: .*\n)?=+\n/,
    '',
  );
}

/** The command that keeps a timer from starting anything. */
export function disableCommand(unit: string, user: string | undefined): string {
  return user === undefined
    ? `sudo systemctl disable --now ${shellWord(unit)}`
    : `systemctl --user disable --now ${shellWord(unit)}`;
}

/** The same for programs. */
export function jsonOf(outcomes: readonly Outcome[], directory: string) {
  return outcomes.map(({ title, jobs, problems, left, environment, removal }) => ({
    source: title,
    jobs: jobs.map(({ slug, line, text, checks }) => ({
      ...{ slug, line, file: `${directory}/${slug}.yaml`, text, checks },
    })),
    ...{ problems, left, environment },
    ...(jobs.length > 0 && (removal.is === 'patch' ? { patch: removal.patch } : { commands: removal.commands })),
  }));
}

export function outcomeText(outcome: Outcome, directory: string): string {
  const { title, jobs, problems, left, environment, removal, giver } = outcome;
  const notes = (what: string, some: Outcome['problems']) =>
    some.map(({ file = title, line, message }) => `${file}: line ${line}: ${what}: ${message}\n`).join('');
  return [
    ...jobs.map((job) => `--- ${directory}/${job.slug}.yaml\n${job.text}\n`),
    notes('no job is made', problems),
    notes('left', left),
    jobs.length === 0
      ? ''
      : `${proofWords(outcome)}What the jobs have instead of what ${giver} gave them:\n${environmentText(environment, giver)}` +
        (removal.is === 'patch'
          ? `The lines to take out, when the jobs are in place:\n${removal.patch}`
          : `When the jobs are in place:\n${removal.commands.map((command) => `  ${command}\n`).join('')}`),
  ].join('');
}

function proofWords({ title, jobs }: Outcome): string {
  const same = jobs.filter(({ isSame }) => isSame).length;
  const equal = same === 1 ? 'one job starts' : `${same} jobs start`;
  const rest = jobs.length - same;
  const other = rest === 1 ? 'one starts' : `${rest} start`;
  const first = same === 0 ? '' : `${title}: ${equal} at the same times as now, compared for two years.\n`;
  return rest === 0 ? first : `${first}${title}: ${other} at other times than now: CHECK says when.\n`;
}
