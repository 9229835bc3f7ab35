/**
 * Finds the services that a command is about: `web`, its instance `web.2`, or all with a tag. Jobs
 * among those are left to the command for jobs.
 */
import type { Config } from '../../../config/config.ts';
import { seatedHere } from '../../../fleet/seat.ts';
import { isSlug } from '../../../job/folder.ts';
import { loadJob } from '../../../job/load.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import type { Target } from '../../../service/desired.ts';
import type { KnownService } from '../../../service/record/known-service.ts';
import { files } from '../../../system/file/files.ts';
import type { LockHolder } from '../../../system/types/lock.ts';
import { realLocks } from '../../frame/host.ts';
import { say } from '../../frame/output.ts';
import { findService } from '../../report/service-snapshots.ts';
import { openJobs } from '../../report/snapshots.ts';
import { goneWords, hasTag, sayUnknownTags } from './jobs.ts';
import type { Options } from './options.ts';

export interface ServiceTarget extends Target {
  readonly service: KnownService;
}

export type Targets =
  | { readonly is: 'none' }
  | { readonly is: 'wrong'; readonly exitCode: number }
  | { readonly is: 'found'; readonly services: readonly ServiceTarget[]; readonly jobs: readonly string[] };

/**
 * Returns `none` if no service is meant, or it doesn't exist: the command for jobs says so.
 * `takesEnding` includes services that are being stopped because their files describe jobs now,
 * `takesRecorded` services whose files are gone and that have ended.
 */
export function findTargets({ name, tag }: Options, config: Config, { takesEnding, takesRecorded }: Takes): Targets {
  const find = (slug: string) => {
    const service = isSlug(slug) ? serviceNamed(slug, config, takesRecorded) : undefined;
    return service?.file === 'job' && !takesEnding ? undefined : service;
  };
  if (name !== undefined && tag === undefined) return findNamed(name, config, find);
  return name === undefined && tag !== undefined ? findTagged(tag, config, find) : { is: 'none' };
}

interface Takes {
  readonly takesEnding: boolean;
  readonly takesRecorded: boolean;
}

type Find = (slug: string) => KnownService | undefined;

function findNamed(name: string, config: Config, find: Find): Targets {
  const service = find(name);
  if (service !== undefined) return { is: 'found', services: [{ slug: name, service }], jobs: [] };
  const [, slug, number] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  if (slug === undefined || loadJob(name, config, { files }) !== undefined) return { is: 'none' };
  const whole = find(slug);
  if (whole === undefined) return { is: 'none' };
  const instance = Number(number);
  if (instance < whole.instances) return { is: 'found', services: [{ slug, instance, service: whole }], jobs: [] };
  say('jobctl', `there is no ${name}: ${slug} has ${instanceWords(whole)}`);
  return { is: 'wrong', exitCode: exitCodes.usage };
}

function instanceWords({ slug, instances }: KnownService): string {
  return instances === 1 ? `1 instance, ${slug}.0` : `${instances} instances, ${slug}.0 to ${slug}.${instances - 1}`;
}

function findTagged(tag: string, config: Config, find: Find): Targets {
  const opened = openJobs(config);
  if (!opened.ok) return { is: 'none' };
  const tagged = opened.jobs.slugs.filter((slug) => hasTag(opened.jobs, slug, tag));
  const found = tagged.map((slug) => ({ slug, service: find(slug) }));
  const services = found.flatMap(({ slug, service }) => (service === undefined ? [] : [{ slug, service }]));
  if (services.length === 0) return { is: 'none' };
  sayUnknownTags(opened.jobs);
  return { is: 'found', services, jobs: found.filter(({ service }) => service === undefined).map(({ slug }) => slug) };
}

function serviceNamed(slug: string, config: Config, recorded: boolean): KnownService | undefined {
  return findService(
    slug,
    seatedHere(loadJob(slug, config, { files }), config),
    holderOf(slug, config),
    config,
    recorded,
  );
}

/** The holder of the service's lock: its supervisor, as a rule. */
export function holderOf(slug: string, config: Config): LockHolder | undefined {
  return realLocks(config, () => undefined).holder(slug);
}

/** Says of a service that has ended and has no file any more that only its past can be shown. */
export function sayGone({ slug, service }: ServiceTarget, config: Config): void {
  if (service.file === 'gone' && holderOf(slug, config) === undefined) say('jobctl', goneWords(slug));
}

/** `web`, `web.2` */
export function targetName({ slug, instance }: Target): string {
  return instance === undefined ? slug : `${slug}.${instance}`;
}

/** The words behind the name of a service that an operator wants to pause or resume. */
export function notPausedWords(name: string): string {
  return `is a service, which is not paused but stopped: jobctl stop ${name}, jobctl start ${name}`;
}
