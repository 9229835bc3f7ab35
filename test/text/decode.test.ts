/**
 * Records that anything could have been written over: what is read is a value of its type, or
 * nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEntry } from '../../src/notify/outbox/entry.ts';
import { parseQueuedRun } from '../../src/notify/outbox/queued-run.ts';
import { unsavedFiles } from '../../src/notify/outbox/unsaved-files.ts';
import { snapshotRun } from '../../src/report/latest-runs.ts';
import { snapshotJob } from '../../src/report/snapshot.ts';
import { historyText } from '../../src/report/text/history.ts';
import { jobDetails } from '../../src/report/text/job.ts';
import type { HistoryEvent } from '../../src/run/history/event.ts';
import { formatEvent, parseEvents, readEvents } from '../../src/run/history/event-lines.ts';
import { foldHistory } from '../../src/run/history/history.ts';
import { isAbout, isOver, pauseWords, readPauses } from '../../src/run/pause/pause.ts';
import { readDesired, requestWords } from '../../src/service/desired.ts';
import { parseJournal } from '../../src/service/record/journal.ts';
import { readRecord } from '../../src/service/record/record.ts';
import { restoreInstance } from '../../src/service/record/restore.ts';
import { parseFacts } from '../../src/system/lock/owner.ts';
import { listed } from '../report/listed.ts';

const format = (ms: number) => new Date(ms).toISOString();
const trigger = { by: 'person', uid: 1000, name: 'ada' } as const;
const streak = { failures: 2, failingSinceMs: 1_764_000_000_000, failedRuns: 1 };
const atMs = 1_764_000_000_000;

const events: readonly HistoryEvent[] = [
  { event: 'started', run: 'r', atMs, trigger, jobSha256: 'x', logPath: '/log/a', host: 'h', tick: { tickMs: atMs } },
  { event: 'waiting', run: 'w', atMs, trigger, host: 'h', words: 'for the end of a run' },
  { event: 'attempt-failed', run: 'r', atMs, attempt: 1, outcome: { kind: 'exited', code: 3 }, nextMs: atMs + 5 },
  {
    event: 'ended',
    run: 'r',
    atMs,
    outcome: { kind: 'timed-out', afterSeconds: 5 },
    durationMs: 7,
    streak,
    attempt: 1,
  },
  {
    event: 'skipped',
    run: 's',
    atMs,
    trigger,
    host: 'h',
    outcome: { kind: 'skipped', reason: 'running', words: 'x', allowed: false },
  },
  {
    event: 'not-started',
    run: 'n',
    atMs,
    trigger,
    host: 'h',
    outcome: { kind: 'not-started', stage: 's', reason: 'r', code: 78 },
  },
  { event: 'missed', run: 'm', atMs, host: 'h', outcome: { kind: 'missed', tickMs: atMs, count: 2, words: 'off' } },
  { event: 'steered', run: '', atMs, action: 'pause', by: 'ada', untilMs: atMs + 1, reason: 'x' },
  { event: 'notice-failed', run: 'r', atMs, channel: 'mail', reason: 'x' },
];
const pause = { target: { job: 'a' }, atMs, by: 'ada', untilMs: atMs + 60_000, reason: 'upgrade' };
const desired = { wanted: 'down', wish: { atMs, by: 'ada', reason: 'x' }, restart: { atMs, by: 'ada' } };
const instance = {
  number: 0,
  at: 'up',
  sinceMs: atMs,
  restarts: 1,
  quickDeaths: 0,
  deathsMs: [atMs],
  ports: { http: 8080 },
};
const record = { boot: 'b', run: 'r', state: 'UP', sinceMs: atMs, startedMs: atMs, instances: [instance] };
const journal = { event: 'service', atMs, words: 'web is UP', state: 'UP' };
const note = {
  slug: 'a',
  run: 'r',
  phase: 'ended',
  atMs,
  startedMs: atMs,
  name: 'A',
  host: 'h',
  trigger,
  channels: [{ kind: 'mail', to: 'x' }],
  after: 1,
  tail: '',
  remarks: [],
  outcome: { kind: 'exited', code: 0 },
};
const owner = { runId: 'r', startedMs: atMs, kernelLock: '1:2', job: 'a' };

test('every record that is written can be read', () => {
  const text = events.map(formatEvent).join('');
  assert.deepEqual(readEvents(text), { events, unreadable: 0 });
  assert.deepEqual(parseQueuedRun(JSON.stringify(note)), note);
  assert.deepEqual(readRecord(filesWith('services/web', 'supervised.json', JSON.stringify(record)), 'web'), record);
});

/** Values that replace a number, text or object. */
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    '',
    [],
    {},
    [null],
    -1,
    0,
    1e300,
    -1e300,
    2 ** 53,
    1.5,
    '9'.repeat(10_000),
    '\u001b[2J',
    '__proto__',
  ),
  fc.jsonValue(),
);
const oddJson = fc.constantFrom(
  '1e999',
  '-1e999',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  '{"__proto__":{"x":1}}',
  '"\\ud800"',
);

/** JSON of a record in which one value, anywhere, was dropped, replaced or added to. */
function mutated(value: unknown): fc.Arbitrary<string> {
  const marked = JSON.stringify(value);
  const paths = pathsIn(value);
  return fc.oneof(
    fc.tuple(fc.constantFrom(...paths), odd).map(([path, by]) => JSON.stringify(replaced(value, path, by))),
    fc.constantFrom(...paths).map((path) => JSON.stringify(replaced(value, path, undefined))),
    fc
      .tuple(fc.constantFrom(...paths), oddJson)
      .map(([path, by]) => JSON.stringify(replaced(value, path, '@@')).replace('"@@"', () => by)),
    fc.tuple(fc.nat(marked.length), fc.string()).map(([at, by]) => marked.slice(0, at) + by + marked.slice(at + 1)),
    fc.nat(marked.length).map((at) => marked.slice(0, at)),
    oddJson.map((by) => `${marked.slice(0, -1)},"__proto__":${by}}`),
    fc.string(),
    fc.json(),
  );
}

function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return Object.entries(value).flatMap(([key, each]) => [[key], ...pathsIn(each).map((rest) => [key, ...rest])]);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  Object.assign(copy, { [key]: rest.length === 0 ? by : replaced((value as Record<string, unknown>)[key], rest, by) });
  return copy;
}

function filesWith(folder: string, name: string, text: string) {
  const files = unsavedFiles();
  files.write(folder, name, text);
  return files;
}

test('any history can be shown as text, and malformed events are ignored', () => {
  const line = fc.constantFrom(...events).chain(mutated);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const read = readEvents(`${lines.map((each) => each.replaceAll('\n', ' ')).join('\n')}\n`);
      const history = foldHistory(read.events);
      const runs = history.runs.map((run) => snapshotRun(run, undefined));
      const entries = runs.map((run) => ({ job: 'a', is: 'run', run }) as const);
      assert.doesNotMatch(historyText(entries, { formatTime: format, named: true }), /\[object Object\]|undefined|NaN/);
      const job = { slug: 'a', name: 'A', tags: [], disabled: false };
      const snapshot = snapshotJob({ job, holder: undefined, history, paused: undefined, nowMs: atMs });
      assert.doesNotMatch(`${listed([snapshot], format)}${jobDetails(snapshot, format)}`, /\[object Object\]|NaN/);
      JSON.stringify(snapshot);
    }),
    { numRuns: 1500 },
  );
});

test('a malformed line is counted as unreadable, an event of a later version is not', () => {
  const later = '{"event":"moved","run":"r","atMs":1}\n{"event":"service","atMs":1,"words":"up"}\n';
  assert.deepEqual(readEvents(later), { events: [], unreadable: 0 });
  const newOutcome = '{"event":"ended","run":"r","atMs":1,"outcome":{"kind":"hibernated"}}\n';
  assert.deepEqual(readEvents(newOutcome), { events: [{ event: 'ended-unknown', run: 'r', atMs: 1 }], unreadable: 0 });
  assert.equal(readEvents('{"event":"ended","run":"r","atMs":1,"outcome":null}\nnonsense\n{"event":').unreadable, 2);
});

test('any pause holds its job and can be shown, also one that is malformed; any request is shown or ignored', () => {
  fc.assert(
    fc.property(mutated(pause), mutated(desired), (one, other) => {
      const files = filesWith('pauses', 'job:a', one);
      for (const each of readPauses(files))
        assert.deepEqual([typeof pauseWords(each, format), typeof isOver(each, 0)], ['string', 'boolean']);
      assert.equal(readPauses(files).length, 1);
      assert.ok(readPauses(files).every(({ target }) => isAbout(target, { slug: 'a', tags: [] })));
      const byTag = filesWith('pauses', 'tag:at%20night%3A', one);
      assert.ok(readPauses(byTag).every(({ target }) => isAbout(target, { slug: 'b', tags: ['at night:'] })));
      assert.deepEqual(readPauses(filesWith('pauses', 'tag:%', 'nonsense')), []);
      const { service } = readDesired(filesWith('desired', 'web', other), 'web');
      assert.match(service.state, /^(?:up|down)$/);
      for (const ask of [service.decision, service.restart, service.reset]) if (ask) requestWords(ask, format);
    }),
  );
});

test('any record of a service can be restored, and yields at most one process', () => {
  const withProcess = {
    ...record,
    instances: [{ ...instance, process: { pid: 5, startTicks: '7' }, lastExit: { words: 'x', atMs } }],
  };
  fc.assert(
    fc.property(mutated(withProcess), mutated(journal), (text, line) => {
      const read = readRecord(filesWith('services/web', 'supervised.json', text), 'web');
      for (const each of read?.instances ?? []) {
        assert.ok(each.process === undefined || (Number.isInteger(each.process.pid) && each.process.pid > 0));
        if (each.sinceMs !== undefined) format(each.sinceMs);
        restoreInstance(each, { sameBoot: true, resetMs: 0, nowMs: atMs, sinceBootMs: 5 });
      }
      for (const entry of parseJournal(line)) format(entry.atMs);
    }),
  );
});

test('any notice, message or owner file is decoded whole, or ignored', () => {
  fc.assert(
    fc.property(mutated(note), mutated({ ...owner, leader: { pid: 5, startTicks: '7' } }), (one, two) => {
      const read = parseQueuedRun(one);
      if (read !== undefined) format(read.atMs);
      assert.equal(parseEntry(one), undefined);
      const facts = parseFacts(`${two.replaceAll('\n', ' ')}\n${two.replaceAll('\n', ' ')}`);
      if (facts.startedMs !== undefined) format(facts.startedMs);
      assert.ok(facts.leader === undefined || (Number.isInteger(facts.leader.pid) && facts.leader.pid > 0));
    }),
  );
});

test('parsing leaves no prototype behind', () => {
  parseEvents(
    `${formatEvent(events[0] as HistoryEvent)
      .trim()
      .slice(0, -1)},"__proto__":{"polluted":1}}\n`,
  );
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
