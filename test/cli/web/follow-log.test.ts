/** A log that is followed while it grows, is cut, goes on in another file, is compressed or removed: each line comes once. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type FollowedLog, type FollowOrder, followLog, type LogStep } from '../../../src/cli/web/read/follow-log.ts';
import { followedInstance } from '../../../src/cli/web/read/followed.ts';
import type { Config } from '../../../src/config/config.ts';

const outputDirectory = mkdtempSync(path.join(os.tmpdir(), 'follow-'));
after(() => rmSync(outputDirectory, { recursive: true }));

const folder = path.join(outputDirectory, 'job');
const file = path.join(folder, 'job-20261130-010000.log');
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

let isOver = false;
const log: FollowedLog = {
  ...{ outputDirectory, slug: 'job', name: path.basename(file) },
  isOver: () => isOver,
  after: () => undefined,
};

beforeEach(() => {
  isOver = false;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

interface Followed {
  /** Lines, and `<what>` for each step that is none. */
  readonly seen: readonly string[];
  readonly numbers: readonly (number | undefined)[];
  readonly steps: readonly LogStep[];
}

/** Follows to the end. Each act is done when everything so far has been read. */
async function follow(order: Partial<FollowOrder>, acts: readonly (() => void)[] = []): Promise<Followed> {
  const left = [...acts];
  const steps: LogStep[] = [];
  const pause = async () => {
    const act = left.shift();
    if (act === undefined) isOver = true;
    else act();
  };
  const wish = { stream: 'both', find: '' } as const;
  for await (const step of followLog({ log, from: undefined, wish, pause, ...order })) {
    // The logs of an instance have no end.
    if (left.length === 0 && step.is === 'nothing' && order.log !== undefined) break;
    steps.push(step);
  }
  const lines = steps.flatMap((step) => (step.is === 'lines' ? step.lines : []));
  const seen = steps.flatMap((step) =>
    step.is === 'lines' ? step.lines.map(({ bytes }) => bytes.toString()) : step.is === 'nothing' ? [] : `<${step.is}>`,
  );
  return { seen, numbers: lines.map(({ number }) => number), steps };
}

/** The place behind the lines that came so far. */
function pointOf(steps: readonly LogStep[]) {
  const last = steps.findLast((step) => step.is === 'lines');
  return last?.is === 'lines' ? last.point : undefined;
}

test('lines come once they are finished, with their numbers, and the last one also without its newline', async () => {
  writeFileSync(file, textOf(numbered(1, 600)));
  const { seen, numbers } = await follow({}, [
    () => appendFileSync(file, 'line 60'),
    () => appendFileSync(file, '1\nline 602\n'),
    () => appendFileSync(file, 'the end'),
  ]);
  // The last 500 lines to begin with.
  assert.deepEqual(seen, [...numbered(101, 602), 'the end', '<end>']);
  assert.deepEqual([numbers[0], numbers.at(-1)], [101, 603]);
});

test('each place that was named leads to exactly the lines behind it', async () => {
  const all = numbered(1, 2000).map((line) => line.padEnd(100, '.'));
  writeFileSync(file, textOf(all));
  const whole = await follow({ from: { at: 0 } });
  assert.equal(textOf(whole.seen), textOf([...all, '<end>']));
  const points = whole.steps.flatMap((step) => (step.is === 'lines' ? [step] : []));
  assert.ok(points.length > 3);
  let count = 0;
  for (const { lines, point } of points) {
    count += lines.length;
    isOver = true;
    const { seen, numbers } = await follow({ from: point });
    assert.equal(textOf(seen), textOf([...all.slice(count), '<end>']));
    assert.equal(numbers[0], count === all.length ? undefined : count + 1);
  }
  // A byte in a line is the next line; a byte behind the end is another log.
  assert.equal((await follow({ from: { at: 3 } })).seen[0], all[1]);
  assert.equal((await follow({ from: { at: 1e9 } })).seen[0], '<restarted>');
});

test('a search and a stream choose among the lines, and the places go on', async () => {
  const lines = numbered(1, 40).map((line, at) => `2026-11-30 01:00:00,123\t${at % 2 ? 'ERROR' : 'INFO'}\t${line}`);
  writeFileSync(file, textOf(lines));
  const { seen, numbers, steps } = await follow({ wish: { stream: 'err', find: 'LINE 3' } });
  assert.deepEqual(numbers, [30, 32, 34, 36, 38]);
  assert.equal(seen.length, 6);
  assert.equal(pointOf(steps)?.at, Buffer.byteLength(textOf(lines)));
});

test('a log that was cut, also while nobody looked, comes again from its beginning', async () => {
  writeFileSync(file, textOf(numbered(1, 100)));
  const cut = () => {
    truncateSync(file, 0);
    appendFileSync(file, textOf(numbered(1, 5)));
    appendFileSync(file, textOf(['1234 lines are left out', ...numbered(2000, 2200)]));
  };
  const followed = await follow({}, [cut]);
  const now = [...numbered(1, 5), '1234 lines are left out', ...numbered(2000, 2200)];
  assert.deepEqual(followed.seen, [...numbered(1, 100), '<restarted>', ...now, '<end>']);
  isOver = false;
  writeFileSync(file, textOf(numbered(1, 100)));
  const point = pointOf((await follow({})).steps);
  cut();
  assert.deepEqual((await follow({ from: point })).seen, ['<restarted>', ...now, '<end>']);
});

test('a log that is compressed or removed meanwhile loses nothing to who has it open; later the rest of it comes, or words', async () => {
  writeFileSync(file, textOf(numbered(1, 100)));
  const before = await follow({ from: { at: 0 } }, [
    () => appendFileSync(file, 'line 101\n'),
    () => {
      appendFileSync(file, 'line 102\n');
      writeFileSync(`${file}.gz`, gzipSync(textOf(numbered(1, 102))));
      rmSync(file);
    },
  ]);
  assert.deepEqual(before.seen, [...numbered(1, 102), '<end>']);
  const at = Buffer.byteLength(textOf(numbered(1, 60)));
  const { seen, numbers } = await follow({ from: { at, check: '00000000' } });
  assert.deepEqual(seen, [...numbered(61, 102), '<end>']);
  assert.equal(numbers[0], 61);
  writeFileSync(`${file}.gz`, gzipSync(textOf(numbered(1, 9000))).subarray(0, 2000));
  assert.equal((await follow({ from: { at: 0 } })).seen.at(-2), '<gone>');
  rmSync(`${file}.gz`);
  assert.deepEqual((await follow({ from: { at } })).seen, ['<gone>']);
});

test('a log that was moved away and made again goes on in the new one', async () => {
  writeFileSync(file, textOf(numbered(1, 3)));
  const { seen } = await follow({}, [
    () => {
      renameSync(file, `${file}.old`);
      appendFileSync(`${file}.old`, 'line 4\n');
    },
    () => writeFileSync(file, textOf(numbered(5, 6))),
    () => appendFileSync(file, 'line 7\n'),
  ]);
  assert.deepEqual(seen, [...numbered(1, 4), '<restarted>', ...numbered(5, 7), '<end>']);
});

test('the logs of an instance follow each other without a gap, also for who comes back after some were removed', async () => {
  const config = { outputDirectory } as Config;
  const named = (second: string) => path.join(folder, `job.0-20261130-0100${second}.log`);
  writeFileSync(named('00'), textOf(numbered(1, 3)));
  const instance = followedInstance('job', 0, undefined, config) ?? assert.fail('no log');
  const { seen, steps } = await follow({ log: instance }, [
    () => {
      appendFileSync(named('00'), 'line 4\n');
      writeFileSync(named('01'), textOf(['line 5']));
      writeFileSync(named('02'), textOf(['line 6']));
    },
    () => appendFileSync(named('02'), 'line 7\n'),
  ]);
  assert.deepEqual(seen, [...numbered(1, 4), '<next-log>', 'line 5', '<next-log>', ...numbered(6, 7)]);
  assert.equal(pointOf(steps)?.at, Buffer.byteLength('line 6\nline 7\n'));
  rmSync(named('00'));
  assert.equal(followedInstance('job', 0, path.basename(named('00')), config)?.name, path.basename(named('01')));
  assert.equal(followedInstance('job', 0, path.basename(named('01')), config)?.name, path.basename(named('01')));
  assert.equal(followedInstance('job', 0, '../job/job.0-x.log', config)?.name, path.basename(named('02')));
});

test('nothing is read ahead of its reader, however long the log and its lines', async () => {
  writeFileSync(file, `${'x'.repeat(3 << 20)}\n${textOf(numbered(1, 20_000))}`);
  isOver = true;
  const steps = followLog({ log, from: { at: 0 }, wish: { stream: 'both', find: '' }, pause: async () => undefined });
  let bytes = 0;
  for await (const step of steps) {
    if (step.is !== 'lines') continue;
    const sum = step.lines.reduce((so, line) => so + line.bytes.length + 1, 0);
    assert.ok(sum <= (1 << 20) + 2 * (64 << 10), String(sum));
    bytes += sum;
  }
  // A line of more than 1 MiB comes in parts, each of which is counted with a newline.
  const size = (3 << 20) + 1 + Buffer.byteLength(textOf(numbered(1, 20_000)));
  assert.ok(bytes >= size && bytes <= size + 4, `${bytes} ${size}`);
});
