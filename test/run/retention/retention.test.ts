import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clearLogs, type LogFolder, type RetentionPolicy, readLogName } from '../../../src/run/retention/retention.ts';
import type { LogFile } from '../../../src/system/types/log-file.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-11-22T10:30:00Z');
const nothing = { is: 'nothing' } as const;

/** Returns a log that was started and last written this many days ago. */
function log(slug: string, daysAgo: number, sizeBytes = 10, tail = '.log'): LogFile {
  const mtimeMs = nowMs - daysAgo * dayMs;
  const stamp = new Date(mtimeMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return { name: `${slug}-${stamp}${tail}`, sizeBytes, mtimeMs };
}

const five = [1, 2, 3, 4, 5].map((daysAgo) => log('a', daysAgo));

function cleared(folder: Partial<LogFolder>, policy: Partial<RetentionPolicy> = {}) {
  const { remove, compress } = clearLogs([{ slug: 'a', files: five, bounds: {}, inUse: nothing, ...folder }], {
    nowMs,
    ...policy,
  });
  const daysAgo = ({ name }: { name: string }) =>
    Math.round((nowMs - Date.parse(name.replace(/^a-(\d{4})(\d\d)(\d\d)-.*/, '$1-$2-$3T10:30:00Z'))) / dayMs);
  return { remove: remove.map(daysAgo).sort(), compress: compress.map(daysAgo).sort() };
}

const rows: readonly [string, Partial<LogFolder>, Partial<RetentionPolicy>, number[], number[]][] = [
  ['without a bound nothing is removed', {}, {}, [], []],
  [
    'a bound of 0 is no bound',
    { bounds: { days: 0, runs: 0, bytes: 0 } },
    { totalBytes: 0, compressAfterDays: 0 },
    [],
    [],
  ],
  ['logs older than the bound in days are removed', { bounds: { days: 3.5 } }, {}, [4, 5], []],
  ['the newest runs within the bound are kept', { bounds: { runs: 2 } }, {}, [3, 4, 5], []],
  ['the newest logs within the bound in bytes are kept', { bounds: { bytes: 25 } }, {}, [3, 4, 5], []],
  ['the strictest bound counts', { bounds: { days: 4.5, runs: 4, bytes: 30 } }, {}, [4, 5], []],
  [
    'the newest log is kept whatever the bounds are',
    { bounds: { days: 0.1, bytes: 1 } },
    { totalBytes: 1 },
    [2, 3, 4, 5],
    [],
  ],
  [
    'the log of the run under way is kept and counts',
    { bounds: { runs: 2 }, inUse: { is: 'log', name: five[3]?.name ?? '' } },
    {},
    [2, 3, 5],
    [],
  ],
  ['a run under way without a known log keeps all logs', { bounds: { runs: 1 }, inUse: { is: 'unknown' } }, {}, [], []],
  ['old logs are compressed, the newest is not', {}, { compressAfterDays: 0.5 }, [], [2, 3, 4, 5]],
  [
    'a log that is removed is not compressed first',
    { bounds: { days: 3.5 } },
    { compressAfterDays: 1.5 },
    [4, 5],
    [2, 3],
  ],
  [
    'a compressed log counts like any other and is not compressed again',
    { files: [log('a', 1), log('a', 2, 10, '.log.gz'), log('a', 3, 10, '.log.gz')], bounds: { runs: 2 } },
    { compressAfterDays: 1 },
    [3],
    [],
  ],
  [
    'the original beside a compressed log is removed, and both are one run',
    { files: [log('a', 1), log('a', 2), log('a', 2, 10, '.log.gz'), log('a', 3)], bounds: { runs: 3 } },
    { compressAfterDays: 1 },
    [2],
    [3],
  ],
  [
    'no other file is touched',
    {
      files: [
        log('a', 1),
        ...[
          'a-notes.log',
          'latest.log',
          'b-20200101-000000.log',
          'a-20200101-000000.log.bz2',
          'A-20200101-000000.log',
        ].map((name) => ({ name, sizeBytes: 99, mtimeMs: 0 })),
      ],
      bounds: { days: 1, runs: 1, bytes: 1 },
    },
    { totalBytes: 1, compressAfterDays: 1 },
    [],
    [],
  ],
];

for (const [title, folder, policy, remove, compress] of rows) {
  test(title, () => assert.deepEqual(cleared(folder, policy), { remove, compress }));
}

test('under the bound for all jobs the oldest logs are removed first, and each job keeps its newest', () => {
  const folders = ['a', 'b'].map((slug, late) => ({
    ...{ slug, bounds: {}, inUse: nothing },
    files: [1, 2, 3].map((daysAgo) => log(slug, daysAgo + late / 2)),
  }));
  const names = (totalBytes: number) => clearLogs(folders, { nowMs, totalBytes }).remove.map(({ name }) => name);
  assert.deepEqual(names(60), []);
  assert.deepEqual(names(45), [log('b', 3.5).name, log('a', 3).name]);
  assert.equal(names(1).length, 4);
});

test('the second run of a second is newer than the first, and the tenth than the ninth', () => {
  const order = (name: string) => readLogName('a', name)?.order ?? '';
  const names = ['', '-2', '-9', '-10'].map((count) => order(`a-20261122-103000${count}.log`));
  assert.deepEqual(names.toSorted(), names);
  for (const name of ['a-20261122-103000-1.log', 'a-20261122-103000-02.log', 'a-20261122-103000.log.gz.part']) {
    assert.equal(readLogName('a', name), undefined);
  }
});

test('for any logs: every bound holds, the newest log and the one in use are kept, and no other log is removed without need', () => {
  const amount = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  const folder = (slug: string) =>
    fc.record({
      files: fc
        .uniqueArray(fc.record({ daysAgo: fc.integer({ min: 0, max: 30 }), size: fc.nat(9) }), {
          selector: ({ daysAgo }) => daysAgo,
          maxLength: 12,
        })
        .map((drawn) => drawn.map(({ daysAgo, size }) => log(slug, daysAgo, size))),
      bounds: fc.record({ days: amount, runs: amount, bytes: amount }).map((drawn) => withoutAbsent(drawn)),
      used: fc.option(fc.nat(11), { nil: undefined }),
    });
  fc.assert(
    fc.property(folder('a'), folder('b'), amount, (a, b, totalBytes) => {
      const folders = [
        { slug: 'a', ...a },
        { slug: 'b', ...b },
      ].map(({ used, ...rest }): LogFolder => {
        const name = used === undefined ? undefined : rest.files[used]?.name;
        return { ...rest, inUse: name === undefined ? nothing : { is: 'log', name } };
      });
      const gone = new Set(
        clearLogs(folders, { nowMs, ...(totalBytes !== undefined && { totalBytes }) }).remove.map(({ name }) => name),
      );
      const left = folders.map((each) => ({ ...each, left: each.files.filter(({ name }) => !gone.has(name)) }));
      const bytesOf = (files: readonly LogFile[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const mustStay = ({ files, inUse }: LogFolder) => {
        const newest = files.toSorted((x, y) => y.mtimeMs - x.mtimeMs)[0]?.name;
        return files.filter(({ name }) => name === newest || (inUse.is === 'log' && name === inUse.name));
      };
      for (const { left: logs, bounds, ...each } of left) {
        const staying = mustStay({ ...each, bounds });
        for (const { name } of staying) assert.ok(!gone.has(name));
        const optional = logs.filter((one) => !staying.includes(one));
        const { days, runs, bytes } = bounds;
        if (days) for (const { mtimeMs } of optional) assert.ok(mtimeMs >= nowMs - days * dayMs);
        if (runs) assert.ok(logs.length <= runs || optional.length === 0);
        if (bytes) assert.ok(bytesOf(logs) <= bytes || optional.length === 0);
        if (!days && !runs && !bytes && !totalBytes) assert.equal(logs.length, each.files.length);
      }
      const all = left.flatMap((each) => each.left);
      const needed = folders.flatMap(mustStay);
      if (totalBytes) assert.ok(bytesOf(all) <= totalBytes || all.every((one) => needed.includes(one)));
    }),
    { numRuns: 500 },
  );
});

function withoutAbsent<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

test('the output of remaining processes is removed with the log of their run and never compressed', () => {
  const [remaining, before] = ['.remaining.log', '.remaining.1.log'].map((tail) => log('a', 3, 10, tail));
  const files = [...five, ...[remaining, before].flatMap((file) => file ?? [])];
  const names = (bounds: LogFolder['bounds'], policy: Partial<RetentionPolicy> = {}) => {
    const folder = { slug: 'a', files, bounds, inUse: nothing };
    const { remove, compress } = clearLogs([folder], { nowMs, ...policy });
    return { remove: remove.map(({ name }) => name), compress: compress.map(({ name }) => name) };
  };
  assert.deepEqual(names({ runs: 2 }).remove.filter((name) => name.includes('remaining')).length, 2);
  assert.deepEqual(names({ runs: 3 }).remove.length, 2, 'neither they nor the log beside them');
  const compressed = names({}, { compressAfterDays: 0.5 });
  assert.deepEqual(compressed.remove, []);
  assert.equal(compressed.compress.length, 4);
  assert.ok(!compressed.compress.some((name) => name.includes('remaining')));
});

test('a log is not old while its remaining processes print', () => {
  const today = { ...log('a', 5, 10, '.remaining.log'), mtimeMs: nowMs };
  const { remove } = clearLogs([{ slug: 'a', files: [...five, today], bounds: { days: 3.5 }, inUse: nothing }], {
    nowMs,
  });
  assert.deepEqual(
    remove.map(({ name }) => name),
    [five[3]?.name],
  );
});
