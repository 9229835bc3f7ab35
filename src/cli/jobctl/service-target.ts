/** Which services a command is about: `web`, its instance `web.2`, or all that have a tag; the jobs among those are somebody else's to act on. */
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { listJobFiles, loadJob } from '../../job/load.ts';
import type { Service } from '../../job/service.ts';
import { exitCodes } from '../../run/outcome.ts';
import type { Target } from '../../service/desired.ts';
import { files } from '../../system/files.ts';
import { say } from '../parts/output.ts';
import type { Options } from './options.ts';

export interface ServiceTarget extends Target {
  readonly job: Job & { readonly service: Service };
}

export type Targets =
  | { readonly is: 'none' }
  | { readonly is: 'wrong'; readonly exitCode: number }
  | { readonly is: 'found'; readonly services: readonly ServiceTarget[]; readonly jobs: readonly string[] };

/** `none`: no service is meant, or what is meant is not there; the command says it as it does of jobs. */
export function findTargets({ name, tag }: Options, config: Config): Targets {
  if (name !== undefined && tag === undefined) return findNamed(name, config);
  return name === undefined && tag !== undefined ? findTagged(tag, config) : { is: 'none' };
}

function findNamed(name: string, config: Config): Targets {
  const whole = loadJob(name, config, { files });
  if (whole !== undefined) return whole.ok ? asTargets(whole.value) : { is: 'none' };
  const [, slug, number] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  if (slug === undefined) return { is: 'none' };
  const loaded = loadJob(slug, config, { files });
  if (loaded?.ok !== true || loaded.value.service === undefined) return { is: 'none' };
  const { service } = loaded.value;
  const instance = Number(number);
  if (instance >= service.instances) {
    say('jobctl', `${slug} has ${service.instances} instances, ${slug}.0 to ${slug}.${service.instances - 1}`);
    return { is: 'wrong', exitCode: exitCodes.usage };
  }
  return { is: 'found', services: [{ slug, instance, job: { ...loaded.value, service } }], jobs: [] };
}

function asTargets(job: Job): Targets {
  const { service } = job;
  if (service === undefined) return { is: 'none' };
  return { is: 'found', services: [{ slug: job.slug, job: { ...job, service } }], jobs: [] };
}

function findTagged(tag: string, config: Config): Targets {
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') return { is: 'none' };
  const tagged = listed.slugs.flatMap((slug) => {
    const loaded = loadJob(slug, config, { files });
    return loaded?.ok === true && loaded.value.tags.includes(tag) ? [loaded.value] : [];
  });
  const services = tagged.flatMap((job) =>
    job.service === undefined ? [] : [{ slug: job.slug, job: { ...job, service: job.service } }],
  );
  if (services.length === 0) return { is: 'none' };
  return { is: 'found', services, jobs: tagged.filter(({ service }) => service === undefined).map(({ slug }) => slug) };
}

/** `web`, `web.2` */
export function targetName({ slug, instance }: Target): string {
  return instance === undefined ? slug : `${slug}.${instance}`;
}
