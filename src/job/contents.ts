/**
 * The contents of job files as text, so that a listing of thousands need not parse them again.
 * cron-generate writes the text after it has checked the files. A file counts as known only while
 * its stamp is the same.
 *
 * The first line is the fingerprint of everything besides the files that decides what they mean.
 * Each further line is a job: slug, stamp and content, separated by tabs.
 */
import { type Expression, expressionOf } from '../schedule/expression.ts';
import type { Job, JobContent, RunContent } from './job.ts';

export interface JobContents {
  /** The content of the job file with this stamp; `undefined` when it is not known. */
  find(slug: string, stamp: string): JobContent | undefined;
  /** The line of a job file with this stamp, to be written again. */
  line(slug: string, stamp: string): string | undefined;
}

const none: JobContents = { find: () => undefined, line: () => undefined };

/** Reads the text. Nothing is known by a text with another fingerprint. */
export function readContents(text: string | undefined, fingerprint: string): JobContents {
  const [first, ...lines] = text?.split('\n') ?? [];
  if (first !== fingerprint) return none;
  const bySlug = new Map(lines.map((line) => [line.slice(0, line.indexOf('\t')), line]));
  const scheduleOf = rememberedSchedules();
  const line = (slug: string, stamp: string) => {
    const found = bySlug.get(slug);
    return found?.startsWith(`${slug}\t${stamp}\t`) ? found : undefined;
  };
  return {
    line,
    find(slug, stamp) {
      const found = line(slug, stamp);
      return found === undefined ? undefined : revive(found.slice(slug.length + stamp.length + 2), scheduleOf);
    },
  };
}

/** The text of these lines. */
export function contentsText(fingerprint: string, lines: readonly string[]): string {
  return [fingerprint, ...lines].join('\n');
}

/** The line of a job; `undefined` for content that JSON can't say. */
export function contentLine(stamp: string, job: Job): string | undefined {
  const { slug, path: _path, sha256: _hash, schedule, ...content } = job;
  if (!isPlain(content)) return undefined;
  const written = { ...content, ...(schedule !== undefined && { schedule: schedule.written }) };
  return `${slug}\t${stamp}\t${JSON.stringify(written)}`;
}

/** True for a value that is the same after JSON: max_task_failures may be infinite. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isPlain);
}

/** An expression is longer than its text, and thousands of jobs share a few schedules. */
function rememberedSchedules(): (written: string) => Expression | undefined {
  const known = new Map<string, Expression | undefined>();
  return (written) => {
    const expression = known.get(written) ?? expressionOf(written);
    known.set(written, expression);
    return expression;
  };
}

function revive(json: string, scheduleOf: (written: string) => Expression | undefined): JobContent | undefined {
  const { schedule, ...content } = JSON.parse(json) as RunContent & { readonly schedule?: unknown };
  if (typeof schedule !== 'string') return content;
  const expression = scheduleOf(schedule);
  return expression && { ...content, schedule: expression };
}
