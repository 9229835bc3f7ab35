/**
 * All jobs as objects of Kubernetes, and what is lost on the way. A loss is an error, and the job is
 * left out, unless a person has named its key.
 */
import type { Job } from '../../../job/job.ts';
import type { Problem } from '../../../text/problem.ts';
import type { Zones } from '../../../zone/zone.ts';
import { cronJobOf } from './cron-job.ts';
import { serviceObjects } from './deployment.ts';
import { metadataOf } from './labels.ts';
import { objectNames } from './names.ts';
import { overlaid } from './overlay.ts';
import { type Judgement, judge, rules } from './rules/judge.ts';
import type { Key } from './rules/rule.ts';
import type { Template, Tree } from './template.ts';

export interface ExportOrder {
  /** Sorted by slug. */
  readonly jobs: readonly Job[];
  readonly template: Template;
  readonly allowed: ReadonlySet<string>;
  readonly zones: Zones;
  readonly nowMs: number;
  sha256(text: string): string;
}

interface ExportedJob {
  readonly job: Job;
  readonly objects: readonly Tree[];
}

export interface Export {
  readonly jobs: readonly ExportedJob[];
  readonly problems: readonly Problem[];
  /** Keys whose loss keeps jobs out, sorted. */
  readonly refused: readonly Key[];
  /** Keys that jobs use and that no pod has, with the number of jobs. */
  readonly notOfAPod: ReadonlyMap<Key, number>;
}

/** True for a key that can be allowed to be lost. */
export function canBeLost(key: string): boolean {
  const rule = Object.hasOwn(rules, key) ? rules[key as Key] : undefined;
  return [rule ?? []].flat().some((one) => one !== 'said' && one.is === 'loss');
}

export function exportJobs(order: ExportOrder): Export {
  const names = objectNames(
    order.jobs.map(({ slug }) => slug),
    order.sha256,
  );
  const notOfAPod = new Map<Key, number>();
  const exported = order.jobs.map((job) => {
    const made = exportJob(job, names.get(job.slug) ?? job.slug, order);
    for (const key of made.notOfAPod) notOfAPod.set(key, (notOfAPod.get(key) ?? 0) + 1);
    return { job, ...made };
  });
  return {
    jobs: exported.filter(({ objects }) => objects.length > 0),
    problems: exported.flatMap(({ problems }) => problems),
    refused: [...new Set(exported.flatMap(({ refused }) => refused))].sort(),
    notOfAPod,
  };
}

interface Made extends Pick<Judgement, 'notOfAPod'> {
  readonly objects: readonly Tree[];
  readonly problems: readonly Problem[];
  readonly refused: readonly Key[];
}

function exportJob(job: Job, name: string, { template, allowed, zones, nowMs }: ExportOrder): Made {
  const zone = zones.find(job.timing.timeZone ?? '') ?? zones.host;
  const unnamed = zones.find(zone.name) === undefined;
  const { losses, warnings, notOfAPod } = judge(job, { zone, nowMs });
  const refused = [...losses.keys()].filter((key) => !allowed.has(key));
  const about = (severity: Problem['severity'], message: string): Problem => ({ severity, file: job.path, message });
  const problems = [
    ...refused.map((key) => about('error', `"${key}" would be lost: ${losses.get(key)}`)),
    ...(unnamed ? [about('error', `"time_zone" must be set, because the zone of this host has no name`)] : []),
    ...[...losses]
      .filter(([key]) => allowed.has(key))
      .map(([key, words]) => about('warning', `"${key}" is lost: ${words}`)),
    ...merged(warnings).map((words) => about('warning', words)),
  ];
  if (refused.length > 0 || unnamed) return { objects: [], problems, refused, notOfAPod };
  const metadata = metadataOf(job, name, losses);
  const objects = job.service === undefined ? [cronJobOf(job, metadata, zone.name)] : serviceObjects(job, metadata);
  const whole = objects.map((object) => overlaid(object, template)).filter((object) => object !== undefined);
  if (whole.length === objects.length) return { objects: whole, problems, refused, notOfAPod };
  const missing = job.service === undefined ? 'CronJob' : 'Deployment';
  return { objects: [], problems: [...problems, about('error', `the template has no ${missing}`)], refused, notOfAPod };
}

/** One sentence for all keys about which the same is to be said. */
function merged(warnings: ReadonlyMap<Key, string>): readonly string[] {
  const keys = new Map<string, Key[]>();
  for (const [key, words] of warnings) keys.set(words, [...(keys.get(words) ?? []), key]);
  return [...keys].map(([words, all]) => `${all.map((key) => `"${key}"`).join(', ')}: ${words}`);
}
