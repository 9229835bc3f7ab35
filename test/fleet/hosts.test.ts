/** Five hosts and three etcds with the real programs, in trouble; longer: `npm run storm hosts`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noSetClock } from '../cli/scheduler-house.ts';
import { withoutEtcd } from '../system/state/etcd-cluster.ts';
import { Fates, judge, runsOf } from './lab/audit.ts';
import { withoutNamespaces } from './lab/network.ts';
import { LabStory } from './lab/story.ts';

describe('hosts that are cut off, lose power, are stopped and have wrong clocks', {
  skip: withoutNamespaces() || withoutEtcd() || noSetClock,
}, () => {
  test('give each tick one fate, and never run a job twice at once', async () => {
    const jobs = ['brief', 'long', 'stubborn', 'again'];
    const story = new LabStory({ jobs, longest: 20, minutes: 1, calmMinutes: 1 });
    try {
      const { problems, ticks, runs } = await story.tell();
      assert.deepEqual(problems, []);
      assert.ok(ticks >= 2 * jobs.length && runs > 0, `${ticks} ticks, ${runs} runs`);
    } finally {
      await story.remove();
    }
  });
});

describe('the judge of a lab', () => {
  const tick = '/process-control/job/turn/tick/20261130T210000Z';
  const fromMs = Date.parse('2026-11-30T21:00:00Z');
  const started = (changes = {}) => ({
    ...{ fate: 'started', host: 'web1', boot: 'b', run: 'a', atMs: fromMs, attempt: 1, definition: 'd' },
    ...{ outcome: 'succeeded', ...changes },
  });
  const lines = (job: string, fence: number, run: string, host: string, ...at: readonly number[]) =>
    at.map((each, place) => `${place === 0 ? 'start' : 'beat'} ${job} ${fence} ${run} ${host} ${each}\n`).join('');

  function judged(values: readonly object[], text: string, freezes: Parameters<typeof judge>[0]['freezes'] = []) {
    const fates = new Fates();
    for (const value of values) fates.take([[tick, JSON.stringify(value)]], ['turn']);
    return judge({ fates, runs: runsOf(text), freezes, jobs: ['turn'], fromMs, untilMs: fromMs });
  }

  const alone = lines('turn', 7, 'a', 'web1', 10, 11, 12);
  const rows: readonly [string, ReturnType<typeof judged>, RegExp | undefined][] = [
    ['finds nothing in a tick that ran once', judged([started()], alone), undefined],
    [
      'finds two runs at once',
      judged([started()], alone + lines('turn', 8, 'b', 'web2', 11.5)),
      /went on 0.50 s beside b/,
    ],
    [
      'finds nothing in two runs one after the other',
      judged([started()], alone + lines('turn', 8, 'b', 'web2', 13)),
      undefined,
    ],
    [
      'finds a fence that does not grow',
      judged([started()], alone + lines('turn', 6, 'b', 'web2', 13)),
      /greater fence/,
    ],
    ['finds a tick without a fate', judged([], ''), /21:00:00.000Z has no fate/],
    ['finds a fate that was changed', judged([started(), started({ run: 'b' })], ''), /had the fate/],
    [
      'finds nothing in a lost run that was run again',
      judged([started({ outcome: 'lost' }), started({ run: 'b', attempt: 2 })], ''),
      undefined,
    ],
    ['finds a run that has started twice', judged([started()], alone + alone), /has started 2 times/],
    ['finds a run without a fence', judged([started()], alone.replaceAll(' 7 ', ' none ')), /has no fence/],
  ];

  for (const [title, { problems }, expected] of rows)
    test(title, () => {
      if (expected === undefined) assert.deepEqual(problems, []);
      else assert.match(problems.join('\n'), expected);
    });

  test('tells an overlap with a host that was frozen', () => {
    const freezes = [{ host: 'web1', from: 11, until: 20 }];
    const text = lines('turn', 7, 'a', 'web1', 10, 20.05) + lines('turn', 8, 'b', 'web2', 15, 25);
    const { overlaps, woken, problems } = judged([started()], text, freezes);
    assert.deepEqual([overlaps, woken, problems], [0, { count: 1, longestMs: 50 }, []]);
  });
});
