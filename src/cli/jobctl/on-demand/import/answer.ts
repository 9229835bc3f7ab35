/** The answer of `jobctl import`, for people and for programs. */
import { createTwoFilesPatch } from 'diff';
import { type EnvironmentRow, environmentText } from '../../../../crontab/import/environment.ts';
import type { Imported } from '../../../../crontab/import/imported.ts';
import type { SourceNote } from '../../../../crontab/import/source.ts';

export interface Source {
  readonly title: string;
  readonly text: string;
  readonly hasUsers: boolean;
  readonly user: string;
  /** Other users can't read the source, so they must not read what is made of it. */
  readonly isPrivate: boolean;
}

export interface Outcome extends Source {
  readonly environment: readonly EnvironmentRow[];
  readonly jobs: readonly Imported[];
  readonly problems: readonly SourceNote[];
  readonly left: readonly SourceNote[];
}

/** The lines to take out of the source, as a patch. */
function patchOf({ title, text, jobs }: Outcome): string {
  const moved = new Set(jobs.map(({ entry }) => entry.line));
  const kept = text
    .split('\n')
    .filter((_, index) => !moved.has(index + 1))
    .join('\n');
  return createTwoFilesPatch(title, title, text, kept, 'present', 'without the jobs').replace(
    /^(?:Index: .*\n)?=+\n/,
    '',
  );
}

/** The same for programs. */
export function jsonOf(outcomes: readonly Outcome[], directory: string) {
  return outcomes.map((outcome) => {
    const { title, jobs, problems, left, environment } = outcome;
    return {
      source: title,
      jobs: jobs.map(({ slug, entry: { line }, text, checks }) => ({
        ...{ slug, line, file: `${directory}/${slug}.yaml`, text, checks },
      })),
      ...{ problems, left, environment },
      ...(jobs.length > 0 && { patch: patchOf(outcome) }),
    };
  });
}

export function outcomeText(outcome: Outcome, directory: string): string {
  const { title, jobs, problems, left, environment } = outcome;
  const notes = (what: string, some: readonly SourceNote[]) =>
    some.map(({ line, message }) => `${title}: line ${line}: ${what}: ${message}\n`).join('');
  const patch = patchOf(outcome);
  return [
    ...jobs.map((job) => `--- ${directory}/${job.slug}.yaml\n${job.text}\n`),
    notes('no job is made', problems),
    notes('left', left),
    jobs.length === 0
      ? ''
      : `${title}: ${jobs.length === 1 ? 'one job starts' : `${jobs.length} jobs start`} at the same times as now, compared for two years.\n` +
        `What the jobs have instead of what cron gave them:\n${environmentText(environment)}` +
        `The lines to take out, when the jobs are in place:\n${patch}`,
  ].join('');
}
