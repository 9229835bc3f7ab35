/** The labels and annotations that every object of a job has. */
import type { Job } from '../../../job/job.ts';
import { isLabel } from './names.ts';
import type { Key } from './rules/rule.ts';

const prefix = 'process-control/';

/** The label that finds the pods of one job; its value is the name of the object. */
export function selector(objectName: string): Record<string, string> {
  return { [`${prefix}job`]: objectName };
}

export interface Metadata {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** The metadata of a job's object; `lost` is what a person has allowed to be left out. */
export function metadataOf(job: Job, objectName: string, lost: ReadonlyMap<Key, string>): Metadata {
  const tags = job.tags.filter((tag) => isLabel(`tag-${tag}`));
  const told: Readonly<Record<string, string | undefined>> = {
    name: job.name,
    slug: job.slug,
    description: job.description,
    tags: job.tags.length === 0 ? undefined : job.tags.join(', '),
    lost: lost.size === 0 ? undefined : [...lost].map(([key, words]) => `${key}: ${words}`).join('\n'),
  };
  return {
    name: objectName,
    labels: { ...selector(objectName), ...Object.fromEntries(tags.map((tag) => [`${prefix}tag-${tag}`, ''])) },
    annotations: Object.fromEntries(
      Object.entries(told).flatMap(([key, value]) => (value === undefined ? [] : [[`${prefix}${key}`, value]])),
    ),
  };
}
