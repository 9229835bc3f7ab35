/** A look at a real host that passes over what is known says the same as a look at everything. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { hostMemory } from '../../../src/cli/report/host-memory.ts';
import { hostSnapshot, hostSnapshotSteps } from '../../../src/cli/report/host-snapshot.ts';
import { jobMemory } from '../../../src/cli/report/job-memory.ts';
import type { HostSnapshot } from '../../../src/report/host-snapshot.ts';
import type { Result } from '../../../src/text/problem.ts';
import { finished } from '../../../src/text/steps.ts';
import { type WebScene, webScene } from './web-scene.ts';

let scene: WebScene;
before(async () => {
  scene = await webScene({ isPeaceful: true });
});
after(() => scene.end());

test('jobs that are kept are taken as they were, the crontab is compared again when it or a job file has changed', () => {
  const { config } = scene;
  const memory = hostMemory(jobMemory(config));
  let earlier: HostSnapshot | undefined;
  const taken = (result: Result<HostSnapshot>) => (result.ok ? result.value : assert.fail('no snapshot'));
  const look = (isKept: (slug: string) => boolean) => {
    const known = new Map(earlier?.jobs.map((one) => [one.slug, one]));
    const steps = hostSnapshotSteps(config, undefined, {
      memory,
      kept: (slug) => (isKept(slug) ? known.get(slug) : undefined),
    });
    earlier = taken(finished(steps));
    return earlier;
  };
  const sync = ({ host }: HostSnapshot) => host.isCrontabInSync;
  const all = look(() => true);
  assert.deepEqual(
    all.jobs.map(({ slug }) => slug),
    taken(hostSnapshot(config)).jobs.map(({ slug }) => slug),
  );
  assert.equal(sync(all), true);
  const again = look(() => true);
  const idle = all.jobs.find(({ state }) => state === 'ok') ?? assert.fail('a quiet job');
  assert.equal(
    again.jobs.find(({ slug }) => slug === idle.slug),
    idle,
  );
  assert.equal(sync(again), true);
  const other = look((slug) => slug !== idle.slug);
  assert.notEqual(
    other.jobs.find(({ slug }) => slug === idle.slug),
    idle,
  );

  // A job file: the crontab does not have its line.
  writeFileSync(scene.path('jobs/another.yaml'), 'name: Another\ncommand: /bin/true\nschedule: "1 2 * * *"\n');
  assert.equal(sync(look(() => true)), false);
  assert.equal(sync(taken(hostSnapshot(config))), false);
  rmSync(scene.path('jobs/another.yaml'));
  assert.equal(sync(look(() => true)), true);
  const file = scene.path(`jobs/${idle.slug}.yaml`);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/^schedule:.*$/m, 'schedule: "3 3 3 3 *"'));
  // It was told that this job has changed.
  assert.equal(sync(look((slug) => slug !== idle.slug)), false);
  writeFileSync(file, text);
  assert.equal(sync(look((slug) => slug !== idle.slug)), true);

  // The crontab: all jobs are looked at, for cron starts them by it.
  appendFileSync(scene.path('crontab'), '# by hand\n');
  const changed = look(() => true);
  assert.equal(sync(changed), false);
  assert.notEqual(
    changed.jobs.find(({ slug }) => slug === idle.slug),
    idle,
  );
});
