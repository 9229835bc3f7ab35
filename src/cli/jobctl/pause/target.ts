/** The target of a pause: a job, or all jobs with a tag. */
import type { Config } from '../../../config/config.ts';
import type { PauseTarget } from '../../../run/pause/pause.ts';
import { printable } from '../../../text/printable.ts';
import { findService } from '../../report/service-snapshots.ts';
import type { Chosen } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { holderOf } from '../frame/target.ts';

export function targetOf({ name, tag }: Options): PauseTarget {
  return tag === undefined ? { job: name ?? '' } : { tag };
}

export function nameOf(target: PauseTarget): string {
  return printable('job' in target ? target.job : `tag ${target.tag}:`);
}

/** Services are stopped, and never paused, whatever became of their files. */
export function pausable({ jobs, slugs }: Extract<Chosen, { ok: true }>, config: Config) {
  const services = slugs.filter((slug) => {
    const service = findService(slug, jobs.load(slug), holderOf(slug, config), config);
    return service !== undefined && service.file !== 'job';
  });
  return { services, slugs: slugs.filter((slug) => !services.includes(slug)) };
}
