/** Jobs of YAML texts, exported without a host. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Export, exportJobs } from '../../../../src/fleet/export/kubernetes/export.ts';
import { readTemplate, type Template, type Tree } from '../../../../src/fleet/export/kubernetes/template.ts';
import type { Job } from '../../../../src/job/job.ts';
import { validateJobText } from '../../../../src/job/load.ts';
import { findZone } from '../../../../src/system/time/zones.ts';

export const plainTemplate = `apiVersion: batch/v1
kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: main, image: "jobs:1"}]}}}}}
---
apiVersion: apps/v1
kind: Deployment
spec: {template: {spec: {containers: [{name: main, image: "web:1"}]}}}
`;

export function templateOf(text: string): Template {
  const answer = readTemplate('t.yaml', text);
  assert.ok(answer.ok, answer.ok ? '' : answer.problems.map(({ message }) => message).join('; '));
  return answer.template;
}

export function jobOf(slug: string, text: string): Job {
  const fleet = { pools: { web: ['web1'] }, etcd: { endpoints: [], prefix: '/' } };
  const result = validateJobText({ file: `${slug}.yaml`, bytes: Buffer.from(text) }, {}, { fleet });
  assert.ok(result.ok, result.ok ? '' : `${text}\n${result.problems.map(({ message }) => message).join('; ')}`);
  return { slug, path: `${slug}.yaml`, sha256: '', ...result.value };
}

export interface Wishes {
  readonly allowed?: readonly string[];
  readonly template?: string;
  readonly host?: string;
}

export function exportOf(
  texts: Readonly<Record<string, string>>,
  { allowed = [], template = plainTemplate, host = 'Europe/Berlin' }: Wishes = {},
): Export {
  const zone = findZone(host) ?? assert.fail(host);
  return exportJobs({
    jobs: Object.entries(texts).map(([slug, text]) => jobOf(slug, text)),
    template: templateOf(template),
    allowed: new Set(allowed),
    zones: { host: zone, find: findZone },
    nowMs: Date.UTC(2026, 10, 30),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  });
}

/** The value at a path such as `spec.jobTemplate.spec.containers.0`; a `.` in a key is written `~`. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) found = (found as Tree | undefined)?.[key.replaceAll('~', '.')];
  return found;
}
