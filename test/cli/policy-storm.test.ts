/** A storm of runs with every policy and with locks that cross each other, some of them killed with -9: what shares a lock never overlaps. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { isRoot, repository } from './house.ts';
import { PolicyHouse, type Started } from './policy-house.ts';

const runsAlone = path.join(repository, 'test/fixtures/programs/runs-alone.sh');

/** Each job's locks, written in no order; each has one in common with two others. */
const locks = { red: ['b', 'a'], green: ['c', 'b'], blue: ['a', 'c'], grey: [] } as const;
const policies = ['CANCEL_NEW', 'KILL_EXISTING', 'QUEUE'] as const;
const slugs = Object.keys(locks) as (keyof typeof locks)[];
const starts = 60;
const atOnce = 6;

test('runs of the same job, and of jobs that share a lock, never overlap, and every run is on record', async () => {
  const house = new PolicyHouse({});
  after(() => house.remove());
  mkdirSync(house.path('oracle'));
  if (isRoot) chownSync(house.path('oracle'), house.service.uid, house.service.gid);
  const watch = (lock: string) => `${runsAlone} ${house.path(`oracle/${lock}`)} ${house.path('oracle/log')} 0.1`;
  const define = (slug: keyof typeof locks, policy: string) => {
    // What a run does under each of its locks notices anybody else who does.
    const watches = [`own-${slug}`, ...locks[slug]].map((lock) => `${watch(lock)} &`).join(' ');
    const keys = `cron_collision_policy: ${policy}\nkill_grace: 1s\nlocks: [${locks[slug].join(', ')}]\n`;
    house.job(slug, `name: Storm\n${keys}command: sh -c '${watches} wait'\n`);
  };

  const living = new Set<Started>();
  for (let i = 0; i < starts; i += 1) {
    const slug = slugs[i % slugs.length] ?? 'red';
    // Also for runs that are there already: who comes next obeys another policy than they.
    define(slug, policies[(i * 7 + (i >> 2)) % policies.length] ?? 'QUEUE');
    const started = house.start(slug);
    living.add(started);
    void started.done.then(() => living.delete(started));
    const [oldest] = living;
    if (i % 5 === 4) oldest?.child.kill('SIGKILL');
    if (living.size >= atOnce) await Promise.race([...living].map(({ done }) => done));
  }
  await Promise.all([...living].map(({ done }) => done));

  const noted = readFileSync(house.path('oracle/log'), 'utf8').split('\n');
  assert.ok(noted.includes('ENTER'), 'nothing has run, so nothing is tested');
  assert.deepEqual(
    noted.filter((line) => line === 'OVERLAP'),
    [],
  );
  for (const slug of slugs) {
    // Whatever was killed, the next run finds the locks free, and writes down who has died.
    define(slug, 'QUEUE');
    await house.exits(slug, 0);
    const fates = new Map<string, string>();
    for (const { event, run } of house.history(slug)) {
      if (event !== 'stop-requested' && event !== 'notice-failed') fates.set(run, event);
    }
    const open = [...fates].filter(([, event]) => event === 'started' || event === 'waiting');
    assert.deepEqual(open, []);
  }
});
