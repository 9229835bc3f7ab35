/** Which jobs a command is about: the one that is named, or all that have a tag. */
import type { Config } from '../../config/config.ts';
import { isBroken } from '../../report/job-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { nearest } from '../../yaml/suggest.ts';
import { say, sayProblems } from '../parts/output.ts';
import { type Jobs, openJobs } from '../parts/snapshots.ts';
import type { Options } from './options.ts';

export type Chosen =
  | { readonly ok: true; readonly jobs: Jobs; readonly slugs: readonly string[] }
  | { readonly ok: false; readonly exitCode: number };

/** `all` when neither is given and the command can mean every job. */
export function chooseJobs(options: Options, config: Config, otherwise: 'all' | 'refuse'): Chosen {
  const opened = openJobs(config);
  if (!opened.ok) {
    sayProblems([opened.problem]);
    return { ok: false, exitCode: exitCodes.configuration };
  }
  const { jobs } = opened;
  const { name, tag } = options;
  if (name !== undefined && tag !== undefined) return wrong('name a job or a --tag, not both');
  if (name !== undefined) {
    if (jobs.slugs.includes(name)) return { ok: true, jobs, slugs: [name] };
    const guess = nearest(name, jobs.slugs);
    return wrong(`there is no job "${name}"${guess === undefined ? '' : `; did you mean "${guess}"?`}`);
  }
  if (tag === undefined)
    return otherwise === 'all' ? { ok: true, jobs, slugs: jobs.slugs } : wrong('name a job, or a --tag');
  const slugs = jobs.slugs.filter((slug) => hasTag(jobs, slug, tag));
  return slugs.length > 0 ? { ok: true, jobs, slugs } : wrong(`no job has the tag "${tag}"`);
}

function hasTag(jobs: Jobs, slug: string, tag: string): boolean {
  const job = jobs.snapshot(slug);
  return job !== undefined && !isBroken(job) && job.tags.includes(tag);
}

function wrong(words: string): Chosen {
  say('jobctl', words);
  return { ok: false, exitCode: exitCodes.usage };
}
