/** Finds the jobs that a command is about: those that are named, or all with a tag. */
import type { Config } from '../../../config/config.ts';
import { unreadNamesake } from '../../../job/folder.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import type { Pause } from '../../../run/pause/pause.ts';
import { files } from '../../../system/file/files.ts';
import { nearest } from '../../../text/nearest.ts';
import { say, sayProblems } from '../../frame/output.ts';
import { type Jobs, openJobs, type Times } from '../../report/snapshots.ts';
import type { Options } from './options.ts';

export type Chosen =
  | { readonly ok: true; readonly jobs: Jobs; readonly slugs: readonly string[] }
  | { readonly ok: false; readonly exitCode: number };

interface More {
  readonly times?: Times;
  /** The pauses of the fleet, which hold the jobs whose ticks are claimed. */
  readonly fleetPauses?: () => readonly Pause[];
  /** Includes jobs of which only a history is left. */
  readonly recorded?: boolean;
  /**
   * Includes jobs that have neither a file nor a process, such as those with a crontab line only.
   */
  readonly known?: (slug: string) => boolean;
  /** `web.2` names the service that it belongs to. */
  readonly instances?: boolean;
}

/**
 * `otherwise` decides what happens if neither a name nor a tag is given: `all` means every job,
 * `refuse` is a usage error, `quiet` prints nothing because the caller has words of its own.
 */
export function chooseJobs(
  options: Options,
  config: Config,
  otherwise: 'all' | 'refuse' | 'quiet',
  { times, fleetPauses, recorded = false, instances = false, known = () => false }: More = {},
): Chosen {
  const wrong = (words: string): Chosen => {
    if (otherwise !== 'quiet') say('jobctl', words);
    return { ok: false, exitCode: exitCodes.usage };
  };
  const opened = openJobs(config, times, undefined, fleetPauses);
  if (!opened.ok) {
    sayProblems([opened.problem]);
    return { ok: false, exitCode: exitCodes.configuration };
  }
  const { jobs } = opened;
  const { name, tag } = options;
  const written = options.names ?? (name === undefined ? [] : [name]);
  const names = instances ? written.map((one) => serviceOf(one, jobs) ?? one) : written;
  if (names.length > 0 && tag !== undefined) return wrong('name a job or a --tag, not both');
  if (names.length > 0) {
    const unlisted = names.filter((one) => !jobs.slugs.includes(one) && !known(one));
    const gone = unlisted.filter((one) => jobs.recorded().includes(one));
    const unknown = unlisted.find((one) => !recorded || !gone.includes(one));
    if (unknown !== undefined)
      return wrong(`there is no job "${unknown}"${adviceFor(unknown, gone.includes(unknown), jobs, config)}`);
    for (const slug of new Set(gone)) say('jobctl', goneWords(slug));
    return { ok: true, jobs, slugs: [...new Set(names)] };
  }
  if (otherwise !== 'quiet') sayProblems(jobs.strays);
  if (tag === undefined) {
    const all = recorded ? [...jobs.slugs, ...jobs.recorded()].sort() : jobs.slugs;
    return otherwise === 'all' ? { ok: true, jobs, slugs: all } : wrong('name a job, or a --tag');
  }
  if (otherwise !== 'quiet') sayUnknownTags(jobs);
  const slugs = jobs.slugs.filter((slug) => hasTag(jobs, slug, tag));
  return slugs.length > 0 ? { ok: true, jobs, slugs } : wrong(`no job has the tag "${tag}"`);
}

export function goneWords(slug: string): string {
  return `${slug}: its file is gone; this is what is on record`;
}

/** Returns `web` for `web.2`, if that is one of its instances and no job. */
function serviceOf(name: string, jobs: Jobs): string | undefined {
  const [, slug, number] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  if (slug === undefined || jobs.slugs.includes(name) || !jobs.slugs.includes(slug)) return undefined;
  return Number(number) < (jobs.snapshot(slug)?.service?.wantedInstances ?? 0) ? slug : undefined;
}

/** Returns advice about the name of a job that doesn't exist: what the operator may have meant. */
function adviceFor(name: string, isRecorded: boolean, jobs: Jobs, config: Config): string {
  const namesake = unreadNamesake(name, config, files);
  if (namesake !== '') return namesake;
  if (isRecorded) return `: its file is gone; what is on record: jobctl history ${name}`;
  const service = /^(.+)\.\d{1,4}$/.exec(name)?.[1];
  if (service !== undefined && jobs.recorded().includes(service))
    return `: the file of ${service} is gone; what is on record: jobctl history ${service}`;
  const guess = nearest(name, jobs.slugs);
  return guess === undefined ? '' : `; did you mean "${guess}"?`;
}

/** Names the files with problems, which may have the tag, so that none is passed over silently. */
export function sayUnknownTags(jobs: Jobs): void {
  for (const slug of jobs.slugs) {
    if (jobs.load(slug)?.ok !== false) continue;
    const job = jobs.snapshot(slug);
    if (job?.activity.is !== 'idle' || job.service !== undefined) continue;
    say('jobctl', `${slug}: its file has problems, so its tags are unknown; to include it, name it`);
  }
}

/** Reads the tags from the file, or from the running process if the file is broken or gone. */
export function hasTag(jobs: Jobs, slug: string, tag: string): boolean {
  const loaded = jobs.load(slug);
  const tags = loaded?.ok ? loaded.value.tags : jobs.snapshot(slug)?.tags;
  return tags?.includes(tag) === true;
}
