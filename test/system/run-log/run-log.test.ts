import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { endOfLog } from '../../../src/system/log-files/log-end.ts';
import { clock } from '../../../src/system/time/clock.ts';
import type { OutputWatcher } from '../../../src/system/types/run-log.ts';
import { capture, entriesOf, isAlive, openLog, printed, runIn, scratch, until } from './capturing.ts';

test('each command has its frame, and notes are outside', async (t) => {
  const log = openLog(scratch(t));
  log.note('before');
  await runIn(log, 'echo one; echo two >&2');
  log.note('during');
  await log.commandEnded(60_000);
  await runIn(log, 'echo three');
  await log.commandEnded(60_000);
  log.note('the end\nin one line');
  await log.close();
  const lines = entriesOf(readFileSync(log.path, 'utf8')).map(({ level, text }) => `${level} ${text}`);
  const [one, two] = [lines.indexOf('INFO one'), lines.indexOf('ERROR two')];
  assert.deepEqual([one, two].sort(), [4, 5], 'both are in the frame of the first command');
  assert.deepEqual(
    lines.map((line) => line.replace(/\(\d+\)$/, '(PID)')).filter((line) => !/ (one|two)$/.test(line)),
    [
      'NOTE before',
      'INFO ===========',
      'INFO echo one; echo two >&2 (PID)',
      'INFO -----------',
      'INFO ----------- end command output',
      'NOTE during',
      'INFO ===========',
      'INFO echo three (PID)',
      'INFO -----------',
      'INFO three',
      'INFO ----------- end command output',
      'NOTE the end\\u000ain one line',
    ],
  );
});

test('the log has the host’s local time, whatever TZ says, also when the clocks change while the job runs', async (t) => {
  const change = Date.parse('2026-10-25T01:00:00Z');
  let nowMs = change - 1;
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sinceBootMs: () => 0, after: () => ({ cancel: () => {} }) };
  const log = openLog(scratch(t), { clock, offsetAt: (second) => (second * 1000 < change ? 7200 : 3600) });
  log.note('before');
  nowMs = change;
  log.note('after');
  await log.close();
  assert.equal(
    readFileSync(log.path, 'utf8'),
    '2026-10-25 02:59:59,999\tNOTE\tbefore\n2026-10-25 02:00:00,000\tNOTE\tafter\n',
  );
});

test('a job can write to /dev/stdout and /dev/stderr', async (t) => {
  const { text, codes } = await capture(t, ['echo out > /dev/stdout && echo err > /dev/stderr']);
  assert.deepEqual(codes, [0]);
  assert.equal(printed(text, 'INFO'), 'out\n');
  assert.equal(printed(text, 'ERROR'), 'err\n');
});

test('every byte is kept, valid UTF-8 or not', async (t) => {
  const directory = scratch(t);
  const file = path.join(directory, 'bytes');
  const bytes = Buffer.concat([
    Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    Buffer.from('\n\xff\xfe\xc3\x28\r\n\0\n', 'latin1'),
    Buffer.from('grüße\n'),
  ]);
  writeFileSync(file, bytes);
  const { text, totals } = await capture(t, [`cat ${file}; cat ${file} >&2`]);
  assert.equal(printed(text, 'INFO'), bytes.toString('latin1'));
  assert.equal(printed(text, 'ERROR'), bytes.toString('latin1'));
  assert.equal(totals.stdoutBytes, bytes.length);
  assert.equal(totals.stderrBytes, bytes.length);
});

test('a last line without a newline is logged, with a note', async (t) => {
  const { text } = await capture(t, ['printf "a\\nb"; printf c >&2']);
  assert.equal(printed(text, 'INFO'), 'a\nb\n');
  assert.deepEqual(entriesOf(text).slice(-3), [
    { level: 'INFO', text: '----------- end command output' },
    { level: 'NOTE', text: 'the last line of stdout has no newline' },
    { level: 'NOTE', text: 'the last line of stderr has no newline' },
  ]);
});

test('100,000 lines are in order', async (t) => {
  const { text } = await capture(t, ['seq 100000; seq 100000 >&2']);
  const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
  assert.ok(printed(text, 'INFO') === numbers);
  assert.ok(printed(text, 'ERROR') === numbers);
});

test('each of two streams keeps its order, and no line is torn', async (t) => {
  const { text } = await capture(t, [
    '(seq 1 30000 | sed "s/$/ of stdout/") & seq 1 30000 | sed "s/$/ of stderr/" >&2; wait',
  ]);
  for (const [level, name] of [
    ['INFO', 'stdout'],
    ['ERROR', 'stderr'],
  ] as const) {
    const expected = Array.from({ length: 30_000 }, (_, index) => `${index + 1} of ${name}\n`).join('');
    assert.ok(printed(text, level) === expected, name);
  }
});

test('a line of 100 MB is continued on many, with nothing lost', async (t) => {
  const size = 100_000_000;
  const { text, totals } = await capture(t, [`head -c ${size} /dev/zero | tr '\\0' x`]);
  const pieces = entriesOf(text).filter(({ text: piece }) => piece.startsWith('x'));
  assert.equal(pieces.length, Math.ceil(size / 65_536));
  assert.deepEqual(new Set(pieces.slice(1).map(({ level }) => level)), new Set(['INFO+']));
  assert.equal(pieces[0]?.level, 'INFO');
  assert.equal(
    pieces.reduce((sum, { text: piece }) => sum + piece.length, 0),
    size,
  );
  assert.equal(totals.stdoutBytes, size);
  assert.equal(totals.lostBytes, 0);
});

test('a background process that keeps the output open does not delay the run', async (t) => {
  const { text, heldOpen } = await capture(t, ['echo before; sleep 600 & echo $! >&2', 'echo next'], {
    patienceMs: 500,
  });
  process.kill(Number(printed(text, 'ERROR').trim()));
  assert.deepEqual(heldOpen, [true, false]);
  assert.equal(printed(text, 'INFO'), 'before\nnext\n');
});

test('one that never stops printing does not delay it either, and does not print into the next command', async (t) => {
  const { text, heldOpen } = await capture(t, ['yes flood & echo $! >&2', 'echo next'], { patienceMs: 500 });
  assert.deepEqual(heldOpen, [true, false]);
  const lines = entriesOf(text).map((line) => line.text);
  assert.ok(lines.includes('flood'));
  const next = lines.findIndex((line) => line.startsWith('echo next ('));
  assert.deepEqual(lines.slice(next + 1), ['-----------', 'next', '----------- end command output']);
  // No process reads its pipe any more, so SIGPIPE ends it.
  await until(() => !isAlive(printed(text, 'ERROR').trim()));
});

test('output before the end is read, also when a background process keeps the pipe open', async (t) => {
  const { text, heldOpen } = await capture(t, ['printf "%060000d\\n" 1; sleep 600 & echo $! >&2'], { patienceMs: 0 });
  process.kill(Number(printed(text, 'ERROR').trim()));
  assert.deepEqual(heldOpen, [true]);
  assert.equal(printed(text, 'INFO').length, 60_001);
});

test('a program that could not be started leaves no frame, and its descriptors are free again', async (t) => {
  const log = openLog(scratch(t));
  for (let turn = 0; turn < 3; turn += 1) {
    const { stderrFd } = log.streams();
    const child = spawn('/bin/sh', ['-c', 'echo no such program >&2'], { stdio: ['ignore', 'ignore', stderrFd] });
    await once(child, 'exit');
    assert.deepEqual(await log.commandEnded(0), { heldOpen: false });
  }
  await log.close();
  assert.deepEqual(
    entriesOf(readFileSync(log.path, 'utf8')),
    Array.from({ length: 3 }, () => ({ level: 'ERROR', text: 'no such program' })),
  );
});

test('a watcher gets the bytes of each stream and the ends of commands; the tail has the end of all', async (t) => {
  const seen = { stdout: '', stderr: '' };
  const watcher: OutputWatcher = {
    take(stream, bytes) {
      seen[stream] += Buffer.from(bytes).toString('latin1');
    },
    end(stream) {
      seen[stream] += '.';
    },
  };
  const script = 'echo "a\ttab"; echo; echo bad >&2; printf "\\377"';
  const { totals } = await capture(t, [script, 'echo two'], { watcher });
  assert.deepEqual(seen, { stdout: 'a\ttab\n\n\xff.two\n.', stderr: 'bad\n..' });
  assert.deepEqual(totals.tail.split('\n').sort(), ['', '', 'a\ttab', 'bad', 'two', '\ufffd']);
});

for (const [level, redirection] of [
  ['INFO', ''],
  ['ERROR', ' >&2'],
] as const) {
  test(`what stands on ${level} without a newline is in the log while the command waits, and goes on with the mark of a continued line`, async (t) => {
    const directory = scratch(t);
    const log = openLog(directory);
    const go = path.join(directory, 'go');
    const wait = (turn: number) => `while ! [ -e ${go}${turn} ]; do sleep 0.05; done`;
    const script = `{ echo before; printf "Overwrite? [y/N] "; ${wait(1)}; printf yes; ${wait(2)}; echo; echo after; printf "last "; ${wait(3)}; }${redirection}`;
    const done = runIn(log, script);
    const entries = () => entriesOf(readFileSync(log.path, 'utf8')).map((entry) => `${entry.level} ${entry.text}`);
    const until1 = (words: string) => until(() => entries().includes(words));
    await until1(`${level} Overwrite? [y/N] `);
    writeFileSync(`${go}1`, '');
    await until1(`${level}+ yes`);
    writeFileSync(`${go}2`, '');
    await until1(`${level} last `);
    writeFileSync(`${go}3`, '');
    await done;
    await log.commandEnded(60_000);
    const { tail } = await log.close();
    assert.deepEqual(entries().slice(3), [
      `${level} before`,
      `${level} Overwrite? [y/N] `,
      `${level}+ yes`,
      `${level} after`,
      `${level} last `,
      'INFO ----------- end command output',
      `NOTE the last line of ${level === 'INFO' ? 'stdout' : 'stderr'} has no newline`,
    ]);
    assert.equal(printed(readFileSync(log.path, 'utf8'), level), 'before\nOverwrite? [y/N] yes\nafter\nlast \n');
    assert.equal(tail, 'before\nOverwrite? [y/N] yes\nafter\nlast \n');
    assert.equal(endOfLog(path.dirname(path.dirname(log.path)), log.path), tail);
  });
}

test('a log that prints whole lines, or nothing, sets no timer', async (t) => {
  let timers = 0;
  const counting = {
    ...clock,
    after(delayMs: number, then: () => void) {
      if (delayMs === 1000) timers += 1;
      return clock.after(delayMs, then);
    },
  };
  await capture(t, ['echo one; echo two >&2; sleep 0.1; echo three'], { clock: counting });
  assert.equal(timers, 0);
  const go = path.join(scratch(t), 'go');
  const waiting = capture(t, [`printf one; while ! [ -e ${go} ]; do sleep 0.05; done; echo two`], { clock: counting });
  await until(() => timers > 0);
  writeFileSync(go, '');
  await waiting;
});

test('without pipes or log a run does not begin, and the reason is returned', async (t) => {
  const directory = scratch(t);
  assert.throws(
    () => openLog(directory, { runDirectory: path.join(directory, 'none') }),
    /^Error: making pipes for the output: ENOENT: /,
  );
  mkdirSync(path.join(directory, 'log'));
  writeFileSync(path.join(directory, 'log/job'), '');
  assert.throws(() => openLog(directory), /^Error: creating the log file: ENOTDIR/);
});

test('a latest.log that is a directory gets a note in the log', async (t) => {
  const directory = scratch(t);
  mkdirSync(path.join(directory, 'log/job/latest.log'), { recursive: true });
  const log = openLog(directory);
  await log.close();
  assert.match(readFileSync(log.path, 'utf8'), /\tNOTE\tlatest\.log could not be replaced: EISDIR/);
});

test('a command that is still open is ended when the log is closed', async (t) => {
  const log = openLog(scratch(t));
  const { stdoutFd, stderrFd } = log.streams();
  const child = spawn('/bin/sleep', ['600'], { stdio: ['ignore', stdoutFd, stderrFd] });
  log.commandStarted('sleep 600', child.pid ?? 0);
  await log.close();
  child.kill();
  assert.match(readFileSync(log.path, 'utf8'), /-{11} end command output\n$/);
});
