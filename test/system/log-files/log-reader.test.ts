/** A log is followed as tail -F does, and its writer makes it again when it is gone. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type LogChange, LogReader, lastLinesAt, linesSinceAt } from '../../../src/system/log-files/log-reader.ts';
import { instanceLogs, laterLogs, serviceLogs } from '../../../src/system/run-log/service-logs.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { PrintableStream } from '../../../src/text/printable.ts';
import { openLog, scratch } from '../run-log/capturing.ts';

const line = (number: number) => `2026-11-22 10:30:${String(number).padStart(2, '0')},000\tINFO\tline ${number}\n`;
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at)).join('');

function following(t: TestContext, text: string) {
  const file = path.join(scratch(t), 'a.log');
  writeFileSync(file, text);
  let seen = '';
  const changes: LogChange[] = [];
  const reader = new LogReader({
    base: path.dirname(path.dirname(file)),
    relative: `${path.basename(path.dirname(file))}/a.log`,
    onBytes: (bytes) => {
      seen += bytes.toString();
      return true;
    },
    onChange: (change) => changes.push(change),
  });
  t.after(() => reader.close());
  const read = () => {
    const before = seen.length;
    const from = changes.length;
    assert.equal(reader.read(), true);
    return { text: seen.slice(before), changes: changes.slice(from) };
  };
  return { file, reader, read };
}

describe('a log that is followed', () => {
  test('grows', (t) => {
    const { file, read } = following(t, lines(1, 3));
    assert.deepEqual(read(), { text: lines(1, 3), changes: [] });
    assert.deepEqual(read(), { text: '', changes: [] });
    appendFileSync(file, line(4));
    assert.deepEqual(read(), { text: line(4), changes: [] });
  });

  test('is truncated: the reader reports it and reads from the start', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    truncateSync(file, 0);
    assert.deepEqual(read(), { text: '', changes: ['truncated'] });
    appendFileSync(file, line(4));
    assert.deepEqual(read(), { text: line(4), changes: [] });
  });

  test('is truncated and has grown beyond its old size between two looks', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    writeFileSync(file, lines(11, 20));
    assert.deepEqual(read(), { text: lines(11, 20), changes: ['truncated'] });
  });

  test('is moved: the old one is read to its end, the new one from its start', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    renameSync(file, `${file}.1`);
    appendFileSync(`${file}.1`, line(4));
    assert.deepEqual(read(), { text: line(4), changes: ['moved'] });
    appendFileSync(`${file}.1`, line(5));
    assert.deepEqual(read(), { text: line(5), changes: [] });
    appendFileSync(`${file}.1`, line(6));
    writeFileSync(file, lines(7, 8));
    assert.deepEqual(read(), { text: line(6) + lines(7, 8), changes: ['replaced'] });
  });

  test('is removed and created again, with its folder', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    rmSync(path.dirname(file), { recursive: true });
    assert.deepEqual(read(), { text: '', changes: ['removed'] });
    mkdirSync(path.dirname(file));
    writeFileSync(file, line(4));
    assert.deepEqual(read(), { text: line(4), changes: ['replaced'] });
  });

  test('is replaced by a copy of itself, as a run does whose log was removed: nothing is shown twice', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    copyFileSync(file, `${file}.copy`);
    appendFileSync(`${file}.copy`, line(4));
    renameSync(`${file}.copy`, file);
    assert.deepEqual(read(), { text: line(4), changes: [] });
  });

  test('is replaced by a link, which is not followed to a file that only root may read', (t) => {
    const { file, read } = following(t, lines(1, 3));
    read();
    rmSync(file);
    symlinkSync('/etc/passwd', file);
    assert.deepEqual(read(), { text: '', changes: ['removed'] });
  });

  test('can be read from its last lines or from a time', (t) => {
    const { reader } = following(t, lines(1, 9));
    const at = (from: number) => lines(1, from - 1).length;
    for (const [count, from] of [
      [0, 10],
      [1, 9],
      [3, 7],
      [9, 1],
      [50, 1],
    ] as const)
      assert.equal(lastLinesAt(reader.fd, count), at(from), `${count} lines`);
    for (const [second, from] of [
      [0, 1],
      [4, 4],
      [9, 9],
      [10, 10],
    ] as const)
      assert.equal(linesSinceAt(reader.fd, line(second).slice(0, 23)), at(from), `since ${second}`);
    const long = following(t, `${line(1)}${`${'x'.repeat(70_000)}\n`.repeat(3)}`);
    assert.equal(lastLinesAt(long.reader.fd, 2), line(1).length + 70_001);
    assert.equal(lastLinesAt(following(t, 'one\ntwo').reader.fd, 1), 4);
    assert.equal(lastLinesAt(following(t, '').reader.fd, 5), 0);
  });
});

describe('the log of a service', () => {
  function service(t: TestContext, maxBytes = 1_000_000) {
    const directory = scratch(t);
    const folder = path.join(directory, 'log', 'web');
    const logs = serviceLogs({
      clock,
      outputDirectory: path.join(directory, 'log'),
      runDirectory: directory,
      handedPipes: undefined,
    });
    const opened = logs.open({ slug: 'web', instance: 0, maxBytes, keep: 3 });
    assert.ok(opened.is === 'open');
    const { log } = opened;
    t.after(() => log.close());
    const write = async (text: string) => {
      log.note(text);
      for (const endMs = Date.now() + 60_000; Date.now() < endMs; ) {
        if (instanceLogs(folder, 'web.0').some((name) => readFileSync(path.join(folder, name), 'utf8').includes(text)))
          return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`waited in vain for "${text}"`);
    };
    return { folder, write, path: log.path };
  }

  const losses: Readonly<Record<string, (file: string) => void>> = {
    'was moved': (file) => renameSync(file, `${file}.old`),
    'was removed': (file) => rmSync(file),
    'was removed with its folder': (file) => rmSync(path.dirname(file), { recursive: true }),
    'was replaced by an empty one, as logrotate does': (file) => {
      renameSync(file, `${file}.1`);
      writeFileSync(file, '');
    },
    'was truncated': (file) => truncateSync(file, 0),
  };
  for (const [how, lose] of Object.entries(losses)) {
    test(`that ${how} is written on`, async (t) => {
      const { folder, write, path: file } = service(t);
      await write('first');
      lose(file);
      await write('second');
      await write('third');
      assert.match(readFileSync(file, 'utf8'), /^\S+ \S+\tNOTE\tsecond\n\S+ \S+\tNOTE\tthird\n$/);
      assert.equal(readlinkSync(path.join(folder, 'web.0-latest.log')), path.basename(file));
    });
  }

  test('that is full is left to log_keep, and the next ones are known in their order', async (t) => {
    const { folder, write, path: file } = service(t, 60);
    for (let number = 1; number <= 6; number += 1) await write(`note number ${number}, as long as half a log`);
    assert.equal(readdirSync(folder).filter((name) => /\d\.log$/.test(name)).length, 3);
    assert.deepEqual(laterLogs(folder, 'web.0', path.basename(file)), instanceLogs(folder, 'web.0'));
    const [first = '', ...rest] = instanceLogs(folder, 'web.0');
    assert.deepEqual(laterLogs(folder, 'web.0', first), rest);
  });
});

describe('the log of a run', () => {
  test('that was removed while the run wrote it is created again when the run has ended', async (t) => {
    const directory = scratch(t);
    const log = openLog(directory);
    log.note('first');
    rmSync(path.dirname(log.path), { recursive: true });
    log.note('second');
    const totals = await log.close();
    assert.equal(totals.lostBytes, 0);
    assert.match(readFileSync(log.path, 'utf8'), /first\n.*second\n$/);
  });

  test('that was moved stays where it was moved to', async (t) => {
    const log = openLog(scratch(t));
    log.note('first');
    renameSync(log.path, `${log.path}.old`);
    assert.equal((await log.close()).lostBytes, 0);
    assert.match(readFileSync(`${log.path}.old`, 'utf8'), /first\n$/);
    assert.throws(() => readFileSync(log.path), /ENOENT/);
  });

  test("that can't be created again counts as lost", async (t) => {
    const log = openLog(scratch(t));
    log.note('first');
    const folder = path.dirname(log.path);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    const { lostBytes, lostReason } = await log.close();
    assert.ok(lostBytes > 0);
    assert.match(lostReason ?? '', /the log was removed/);
  });
});

test('on a terminal colours pass, and harmful sequences are made visible', () => {
  const shown = (...pieces: string[]) => {
    const text = new PrintableStream('log');
    return pieces.map((piece) => text.take(Buffer.from(piece, 'latin1'))).join('') + text.end();
  };
  assert.equal(shown('\x1b[31mred\x1b[0m\n'), '\x1b[31mred\x1b[0m\n');
  assert.equal(shown('\x1b[3', '1mred'), '\x1b[31mred\x1b[0m');
  assert.equal(shown('\x1b[2J\x1b]0;title\x07\r', '\n\x7f\r!'), '\\u001b[2J\\u001b]0;title\\u0007\n\\u007f\\u000d!');
  assert.equal(shown('\xc2\x9b2J', '\x9b', '\x1b'), '\\u009b2J\ufffd\\u001b');
  assert.equal(shown('\xc3', '\xbc\tx'), 'ü\tx');
});
