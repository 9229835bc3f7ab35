/** Which jobs a command is about: the one that is named, or all that have a tag. */
import type { Config } from '../../config/config.ts';
import { unreadNamesake } from '../../job/load.ts';
import { exitCodes } from '../../run/outcome.ts';
import { files } from '../../system/files.ts';
import { nearest } from '../../yaml/suggest.ts';
import { say, sayProblems } from '../parts/output.ts';
import { type Jobs, openJobs, type Times } from '../parts/snapshots.ts';
import type { Options } from './options.ts';

export type Chosen =
  | { readonly ok: true; readonly jobs: Jobs; readonly slugs: readonly string[] }
  | { readonly ok: false; readonly exitCode: number };

/** When neither is given: `all` for commands that can mean every job. `quiet`: the caller has words of its own for what can't be found. */
export function chooseJobs(
  options: Options,
  config: Config,
  otherwise: 'all' | 'refuse' | 'quiet',
  times?: Times,
): Chosen {
  const wrong = (words: string): Chosen => {
    if (otherwise !== 'quiet') say('jobctl', words);
    return { ok: false, exitCode: exitCodes.usage };
  };
  const opened = openJobs(config, times);
  if (!opened.ok) {
    sayProblems([opened.problem]);
    return { ok: false, exitCode: exitCodes.configuration };
  }
  const { jobs } = opened;
  const { name, tag, names = name === undefined ? [] : [name] } = options;
  if (names.length > 0 && tag !== undefined) return wrong('name a job or a --tag, not both');
  if (names.length > 0) {
    const unknown = names.find((one) => !jobs.slugs.includes(one));
    if (unknown === undefined) return { ok: true, jobs, slugs: [...new Set(names)] };
    const guess = nearest(unknown, jobs.slugs);
    const namesake = unreadNamesake(unknown, config, files);
    return wrong(
      `there is no job "${unknown}"${namesake || (guess === undefined ? '' : `; did you mean "${guess}"?`)}`,
    );
  }
  if (otherwise !== 'quiet') sayProblems(jobs.strays);
  if (tag === undefined)
    return otherwise === 'all' ? { ok: true, jobs, slugs: jobs.slugs } : wrong('name a job, or a --tag');
  const slugs = jobs.slugs.filter((slug) => hasTag(jobs, slug, tag));
  return slugs.length > 0 ? { ok: true, jobs, slugs } : wrong(`no job has the tag "${tag}"`);
}

/** By its file; when that is broken or gone, as what runs was started. */
export function hasTag(jobs: Jobs, slug: string, tag: string): boolean {
  const loaded = jobs.load(slug);
  const tags = loaded?.ok ? loaded.value.tags : jobs.snapshot(slug)?.tags;
  return tags?.includes(tag) === true;
}
