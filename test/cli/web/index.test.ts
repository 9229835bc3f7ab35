/** The index of all histories says what a plain reading says, whatever happens to the files; what it has not read yet, it says. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { keepIndex } from '../../../src/cli/web/index/background.ts';
import { historyFiles } from '../../../src/cli/web/index/history-files.ts';
import { HistoryIndex } from '../../../src/cli/web/index/history-index.ts';
import { keptOf, keptParts } from '../../../src/cli/web/index/kept-file.ts';
import { bytesOfMark, joined, type Marks, marksOf, noMarks } from '../../../src/cli/web/index/marks.ts';
import { newestEntries } from '../../../src/cli/web/read/newest.ts';
import { shownEntries } from '../../../src/cli/web/read/shown-entries.ts';
import { entriesOf } from '../../../src/report/history-view.ts';
import { snapshotRun } from '../../../src/report/latest-runs.ts';
import { entryMs, type HistoryEntry, isFailure } from '../../../src/report/text/history.ts';
import { usualDuration, usualMsOf } from '../../../src/report/usual.ts';
import type { HistoryEvent } from '../../../src/run/history/event.ts';
import { formatEvent } from '../../../src/run/history/event-lines.ts';
import { readHistory } from '../../../src/run/history/record.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import { formatEntry } from '../../../src/service/record/journal.ts';
import { historyStore } from '../../../src/system/state/history-file.ts';
import { readLarge, replaceLarge } from '../../../src/system/state/large-file.ts';
import { finished } from '../../../src/text/steps.ts';

const rotateBytes = 4096;
const directory = mkdtempSync(path.join(os.tmpdir(), 'index-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let places = 0;

/** A state directory of its own with an index, and what a plain reading of it says. */
function makePlace() {
  places += 1;
  const state = path.join(directory, String(places));
  mkdirSync(path.join(state, 'history'), { recursive: true });
  const store = historyStore({ stateDirectory: state, rotateBytes, predecessorDirectories: [state] });
  const makeIndex = () =>
    new HistoryIndex({ files: historyFiles(state, 2 * rotateBytes, [state]), predecessor: store.predecessor });
  const entries = (slug: string): readonly HistoryEntry[] =>
    entriesOf({
      ...{ slug, text: store.read(slug), history: readHistory(slug, { history: store }) },
      shown: (run) => snapshotRun(run, undefined),
    });
  const file = (slug: string) => path.join(state, 'history', `${slug}.jsonl`);
  return { state, store, entries, file, index: makeIndex(), makeIndex };
}

/** The marks of a history as the index has them, in one order. */
function said(index: HistoryIndex, slug: string): readonly object[] {
  index.changed(slug);
  index.read(slug);
  let marks: Marks = noMarks;
  index.each(slug, (part) => {
    marks = joined(marks, part);
  });
  return plain(marks);
}

function plain(marks: Marks): readonly object[] {
  const all = Array.from({ length: marks.count }, (_, n) => ({
    atMs: marks.atMs(n),
    ...{ ...marks.kind(n), run: marks.run(n), durationMs: marks.durationMs(n) },
  }));
  return all.sort((a, b) => a.atMs - b.atMs || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** The same by a plain reading: a run without an end is not said to be interrupted. */
function expected({ store }: ReturnType<typeof makePlace>, slug: string): readonly object[] {
  const shown = (run: Parameters<typeof snapshotRun>[0]) => ({ ...run, words: '' });
  return plain(
    marksOf(entriesOf({ slug, text: store.read(slug), history: readHistory(slug, { history: store }), shown })),
  );
}

const startMs = Date.parse('2026-11-29T00:00:00Z');
const idOf = (n: number) =>
  n % 5 === 4
    ? `missed-${n}`
    : `${new Date(startMs + n * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${(n * 7_919_777).toString(16).padStart(8, '0')}`;
const common = { trigger: { by: 'clock' }, host: 'h' } as const;
const outcomes: readonly Outcome[] = [
  { kind: 'exited', code: 0 },
  { kind: 'exited', code: 3 },
  { kind: 'stopped', signal: 15, by: 'ada', person: true },
];

/** The line of one of the kinds of events, about the run with this number. */
function eventOf(kind: string, n: number, atMs: number): HistoryEvent {
  const about = { run: idOf(n), atMs };
  switch (kind) {
    case 'started':
      return { event: 'started', ...about, ...common, jobSha256: 'a'.repeat(64), logPath: '/log' };
    case 'waiting':
      return { event: 'waiting', ...about, ...common, words: 'for another' };
    case 'skipped':
      return {
        ...{ event: 'skipped', ...about, ...common },
        outcome: { kind: 'skipped', reason: 'running', words: 'runs', allowed: false },
      };
    case 'missed':
      return {
        event: 'missed',
        ...about,
        host: 'h',
        outcome: { kind: 'missed', tickMs: atMs - 5000, count: 1, words: '' },
      };
    case 'interrupted':
      return { event: 'interrupted', ...about };
    case 'notice':
      return { event: 'notice-failed', ...about, channel: 'mail', reason: 'no' };
    case 'steered':
      return { event: 'steered', run: '', atMs, action: 'pause', by: 'ada' };
    default:
      return {
        ...{ event: 'ended', ...about, outcome: outcomes[n % 3] as Outcome, durationMs: n * 10, attempt: 1 },
        streak: { failures: 0 },
      };
  }
}

const kinds = [
  'started',
  'ended',
  'ended',
  'waiting',
  'skipped',
  'missed',
  'interrupted',
  'notice',
  'steered',
  'ended',
];
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('run' as const), n: fc.nat(30), more: fc.nat(3) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('event' as const), kind: fc.constantFrom(...kinds), n: fc.nat(12) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('truncate' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rewrite' as const), n: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('service' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('predecessor' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
);

test('after any steps the marks are those of a plain reading', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const place = makePlace();
      let { index } = place;
      const file = place.file('a');
      const older = `${file}.1`;
      let atMs = startMs;
      const check = () => assert.deepEqual(said(index, 'a'), expected(place, 'a'));
      for (const one of steps) {
        atMs += 1000;
        if (one.do === 'run') {
          const events = [
            eventOf('started', one.n, atMs),
            ...(one.more > 0 ? [eventOf('ended', one.n, atMs + 500)] : []),
          ];
          for (const event of events) place.store.append('a', formatEvent(event));
        } else if (one.do === 'event') place.store.append('a', formatEvent(eventOf(one.kind, one.n, atMs)));
        else if (one.do === 'garbage') appendFileSync(file, one.bytes);
        else if (one.do === 'rotate') {
          appendFileSync(file, '');
          renameSync(file, older);
        } else if (one.do === 'truncate') {
          appendFileSync(file, '');
          truncateSync(file, Math.floor(readFileSync(file).length * one.part));
        } else if (one.do === 'rewrite') {
          // As copytruncate would: the same file, other lines, and more of them than before.
          const before = readFileSync(file, { flag: 'a+' }).length;
          const line = formatEvent(eventOf('skipped', one.n, atMs));
          writeFileSync(file, line.repeat(Math.ceil(before / line.length) + 1));
        } else if (one.do === 'service')
          appendFileSync(file, formatEntry({ atMs, words: 'died', died: true, by: 'ada' }));
        else if (one.do === 'predecessor')
          writeFileSync(
            path.join(place.state, 'a.yaml'),
            "history:\n- status: failure\n  time: '2020-01-01T00:00:00'\nlast_completion_status: failure\n",
          );
        else if (one.do === 'restart') {
          const kept = keptOf(Buffer.concat(finished(keptParts(index.known()))));
          index = place.makeIndex();
          index.restore(kept ?? []);
        } else check();
        // The clock of a file system may stand still between two steps.
        if (existsSync(file)) utimesSync(file, atMs / 1000, atMs / 1000);
      }
      check();
      rmSync(place.state, { recursive: true, force: true });
    }),
    { numRuns: 100 },
  );
});

/** A host of some jobs, some of whose runs failed. */
function host(slugs: readonly string[]) {
  const place = makePlace();
  for (const [job, slug] of slugs.entries())
    for (let n = 0; n < 30; n += 1) {
      const atMs = startMs + ((n * 37 + job * 11) % 100) * 60_000;
      place.store.append(slug, formatEvent(eventOf('started', n + job * 100, atMs)));
      place.store.append(slug, formatEvent(eventOf('ended', n + job * 100, atMs + 500)));
    }
  place.store.append(slugs[0] ?? '', formatEvent(eventOf('started', 999, startMs + 50 * 60_000)));
  for (const [job, slug] of slugs.entries()) {
    const seconds = startMs / 1000 + 6000 + job;
    utimesSync(place.file(slug), seconds, seconds);
  }
  return place;
}

const slugs = ['a', 'b', 'c', 'd'];

test('the newest entries are those of a plain reading, whatever is asked for and however little is read yet', async () => {
  const place = host(slugs);
  const all = slugs.flatMap(place.entries);
  const shown = { index: place.index, entries: shownEntries(place.index, place.entries) };
  for (const isWanted of [() => true, isFailure, (entry: HistoryEntry) => entry.is === 'steered'])
    for (const count of [1, 7, 50, 500])
      for (const beforeMs of [Number.POSITIVE_INFINITY, startMs + 60 * 60_000]) {
        const mayBe = (kind: { readonly is: string; readonly isFailure: boolean }) =>
          isWanted !== isFailure || kind.isFailure || kind.is === 'running';
        const wanted = (entry: HistoryEntry) => entryMs(entry) < beforeMs && isWanted(entry);
        const isNewer = (a: HistoryEntry, b: HistoryEntry) => keyOf(a) > keyOf(b);
        const order = { slugs, count, isWanted: wanted, mayBe, beforeMs, isNewer };
        const found = await newestEntries({ index: place.makeIndex(), entries: place.entries }, order);
        assert.deepEqual((await newestEntries(shown, order)).entries.map(keyOf), found.entries.map(keyOf));
        const sorted = all.filter(wanted).sort((a, b) => (isNewer(a, b) ? -1 : 1));
        assert.deepEqual(found.entries.map(keyOf), sorted.slice(0, count).map(keyOf));
        assert.equal(found.isMore, sorted.length > count);
        assert.equal(found.wholeSinceMs, undefined);
      }
});

function keyOf(entry: HistoryEntry): string {
  return `${entryMs(entry)} ${entry.job} ${entry.is === 'run' ? entry.run.run : ''}`;
}

test('histories that can not have one of the newest are not read; when there is no time, it says since when all is there', async () => {
  const many = [...slugs, ...Array.from({ length: 16 }, (_, n) => `old${n}`)];
  const place = host(many);
  const read: string[] = [];
  const entries = (slug: string) => {
    read.push(slug);
    return place.entries(slug);
  };
  for (const [n, slug] of many.slice(4).entries()) utimesSync(place.file(slug), n, n);
  const order = { slugs: many, count: 3, isWanted: () => true, mayBe: () => true };
  const index = place.makeIndex();
  await newestEntries({ index, entries }, order);
  const inIndex = many.filter((slug) => index.isRead(slug));
  assert.ok(inIndex.length < 10 && slugs.every((slug) => inIndex.includes(slug)), inIndex.join());
  assert.ok(read.length <= 4, read.join());
  const unread = place.makeIndex();
  const found = await newestEntries({ index: unread, entries }, { ...order, patienceMs: -1 });
  assert.deepEqual(found, { entries: [], isMore: false, wholeSinceMs: Number.POSITIVE_INFINITY });
  for (const slug of many) unread.changed(slug);
  unread.read('d');
  const { wholeSinceMs } = await newestEntries({ index: unread, entries }, { ...order, count: 100, patienceMs: -1 });
  assert.equal(wholeSinceMs, startMs + 6_002_000);
});

test('the usual duration is that of a plain reading', () => {
  const place = host(slugs);
  for (const slug of slugs) {
    place.index.read(slug);
    let found: number | undefined;
    place.index.each(slug, (marks) => {
      found ??= usualMsOf(marks.items());
    });
    const runs = readHistory(slug, { history: place.store }).runs;
    assert.equal(found, usualDuration(runs));
  }
});

test('a history that is gone is forgotten, one that came is unread, and one that nothing was written to is read already', () => {
  const place = host(slugs);
  finished(place.index.cover(['a', 'b', 'new']));
  assert.deepEqual(place.index.unread(), ['b', 'a']);
  assert.ok(place.index.isRead('new'));
  place.index.read('a');
  finished(place.index.cover(['b', 'c']));
  assert.ok(!place.index.knows('a'));
  assert.deepEqual(place.index.unread(), ['c', 'b']);
});

test('a file of the index that is cut, changed, longer or of another version is no index; the whole one is', async () => {
  const place = host(slugs);
  for (const slug of slugs) place.index.read(slug);
  const bytes = Buffer.concat(finished(keptParts(place.index.known())));
  const marks = bytesOfMark * (30 * 4 + 1);
  assert.ok(bytes.length > marks);
  assert.deepEqual([...(keptOf(bytes) ?? [])], [...place.index.known()]);
  for (let at = 0; at < bytes.length; at += 1) {
    assert.equal(keptOf(bytes.subarray(0, at)), undefined, `cut at ${at}`);
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    if (at % 7 === 0) assert.equal(keptOf(changed), undefined, `changed at ${at}`);
  }
  assert.equal(keptOf(Buffer.concat([bytes, Buffer.from([0])])), undefined);
  const other = Buffer.from(bytes);
  other.write('0', bytes.indexOf('\n') - 1);
  assert.equal(keptOf(other), undefined, 'another version');

  // Killed while it writes: the earlier file stands, and what was left does not keep the next one from being written.
  const file = path.join(place.state, 'history.index');
  await replaceLarge(file, [bytes]);
  writeFileSync(path.join(place.state, '.history.index.new'), bytes.subarray(0, 100));
  assert.ok(keptOf(readLarge(file, 2 ** 20) ?? Buffer.alloc(0)));
  await replaceLarge(file, [bytes, Buffer.from('more')]);
  assert.equal(keptOf(readLarge(file, 2 ** 20) ?? Buffer.alloc(0)), undefined);
  assert.equal(readLarge(file, 100), undefined);
  assert.deepEqual(readdirSync(place.state).sort(), ['history', 'history.index']);
});

test('what was kept counts for the histories whose files are the same; the others are read', () => {
  const place = host(slugs);
  for (const slug of slugs) place.index.read(slug);
  const kept = keptOf(Buffer.concat(finished(keptParts(place.index.known())))) ?? [];
  place.store.append('b', formatEvent(eventOf('skipped', 700, startMs)));
  rmSync(place.file('c'));
  const index = place.makeIndex();
  index.restore(kept);
  assert.deepEqual(
    slugs.filter((slug) => index.isRead(slug)),
    [],
  );
  finished(index.cover(slugs));
  assert.deepEqual(
    slugs.filter((slug) => index.isRead(slug)),
    ['a', 'c', 'd'],
  );
  for (const slug of slugs) assert.deepEqual(said(index, slug), expected(place, slug));
});

test('entries that were shown are read again when their history has changed, and while a run has no end', () => {
  const place = host(slugs);
  let reads = 0;
  const since = shownEntries(place.index, (slug) => {
    reads += 1;
    return place.entries(slug);
  });
  const ask = (slug: string, sinceMs: number) => {
    place.index.changed(slug);
    place.index.read(slug);
    assert.deepEqual(
      since(slug, sinceMs).filter((entry) => entryMs(entry) >= sinceMs),
      place.entries(slug).filter((entry) => entryMs(entry) >= sinceMs),
    );
    return reads;
  };
  assert.deepEqual([ask('b', startMs), ask('b', startMs), ask('b', startMs + 1000), ask('b', 0)], [1, 1, 1, 2]);
  place.store.append('b', formatEvent(eventOf('skipped', 800, startMs + 5000)));
  assert.deepEqual([ask('b', startMs), ask('b', startMs)], [3, 3]);
  // The first history has a run without an end.
  assert.deepEqual([ask('a', startMs), ask('a', startMs)], [4, 5]);
});

/** Keeps the index of a place with a clock that stands, or goes by so much at each look; no timer of it ever fires. */
function kept(place: ReturnType<typeof makePlace>, stepMs = 0) {
  const files = historyFiles(place.state, 2 * rotateBytes, [place.state]);
  const read: string[] = [];
  const counted = {
    ...files,
    whole(slug: string) {
      read.push(slug);
      return files.whole(slug);
    },
  };
  const index = new HistoryIndex({ files: counted, predecessor: place.store.predecessor });
  let atMs = 0;
  const clock = {
    monotonicMs: () => {
      atMs += stepMs;
      return atMs;
    },
    after: () => ({ cancel: () => undefined }),
  };
  const told: string[] = [];
  const background = keepIndex({
    ...{ index, clock, directory: place.state, names: async () => slugs },
    tell: (words) => told.push(words),
  });
  return { index, background, read, told };
}

async function untilRead(index: HistoryIndex): Promise<void> {
  while (!slugs.every((slug) => index.isRead(slug))) await nextTurn();
}

test('beside the answers all is read and kept in a file, from which the next one begins', async () => {
  const place = host(slugs);
  const first = kept(place);
  first.background.changed();
  await untilRead(first.index);
  await first.background.end();
  assert.deepEqual([...first.read].sort(), slugs);
  place.store.append('b', formatEvent(eventOf('skipped', 700, startMs)));
  const second = kept(place);
  second.background.changed();
  await untilRead(second.index);
  await second.background.end();
  // The history that has grown is longer than what is read of one.
  assert.deepEqual(second.read, ['b']);
  for (const slug of slugs) assert.deepEqual(said(second.index, slug), expected(place, slug));
  writeFileSync(path.join(place.state, 'history.index'), 'no index');
  const third = kept(place);
  third.background.changed();
  await untilRead(third.index);
  assert.deepEqual([...third.read].sort(), slugs);
  await third.background.end();
  assert.deepEqual([first.told, second.told, third.told], [[], [], []]);
});

test('it ends also while it rests, and says when it can not keep its file', async () => {
  const place = host(slugs);
  const resting = kept(place, 11);
  resting.background.changed();
  await nextTurn();
  await resting.background.end();
  const other = kept(place);
  rmSync(path.join(place.state, 'history.index'), { force: true });
  mkdirSync(path.join(place.state, 'history.index'));
  other.background.changed();
  await untilRead(other.index);
  await other.background.end();
  assert.match(other.told.join(), /^the index is not kept: /);
});
