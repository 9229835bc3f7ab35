/** The newest events of a host with many jobs: only histories that can have one of them are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeFeed } from '../../../src/cli/web/changes/feed.ts';
import { pageRoutes } from '../../../src/cli/web/routes.tsx';
import type { HistoryEntry } from '../../../src/report/text/history.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { utc } from '../../../src/zone/zone.ts';
import { emptyReader } from './empty-reader.ts';
import { job, nowMs, snapshot } from './scene.ts';

const hourMs = 3_600_000;
const names = ['a', 'b', 'c', 'd'];
const entryOf = (slug: string, startedMs: number): HistoryEntry => ({
  ...{ job: slug, is: 'run' },
  run: { run: `${slug}${startedMs}`, startedMs, endedMs: startedMs, outcome: { kind: 'exited', code: 1 } } as never,
});

test('histories to which nothing was written since the oldest event of the answer are not read', async () => {
  const read: string[] = [];
  const routes = pageRoutes({
    reader: {
      ...emptyReader,
      snapshot: () => ({ ...snapshot, jobs: names.map((slug) => job(slug, [])) }),
      // The job with the number n ran n hours ago, and n + 1 hours before that.
      *latestEntries(slugs) {
        for (const [n, slug] of slugs.entries()) {
          read.push(slug);
          const atMs = nowMs - n * hourMs;
          yield { writtenMs: atMs + 1000, entries: [entryOf(slug, atMs - (n + 1) * hourMs), entryOf(slug, atMs)] };
        }
      },
    },
    ...{ zone: utc, feed: changeFeed(clock), base: '' },
    tell(error) {
      throw error;
    },
  });
  const ask = async (query: string) => {
    read.length = 0;
    const value = (await (await routes.request(`/api/v1/events?${query}`)).json()) as {
      readonly items: readonly { readonly job: string; readonly startedMs: number }[];
      readonly next?: string;
    };
    return { said: value.items.map(({ job: slug, startedMs }) => `${slug}${(nowMs - startedMs) / hourMs}`), ...value };
  };
  const first = await ask('limit=1');
  assert.deepEqual(first.said, ['a0']);
  assert.deepEqual(read, ['a', 'b', 'c']);
  const second = await ask(`limit=2&cursor=${first.next}`);
  assert.deepEqual(second.said, ['b1', 'a1']);
  const rest = await ask(`limit=500&cursor=${second.next}`);
  assert.deepEqual(rest.said, ['c2', 'd3', 'b3', 'c5', 'd7']);
  assert.equal(rest.next, undefined);
  assert.deepEqual(read, names);
  assert.deepEqual((await ask('limit=500&job=c')).said, ['c0', 'c1']);
});
