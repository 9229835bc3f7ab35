import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createOwnLog } from '../../../src/system/own-log/own-log.ts';
import type { LogLevel, OwnLogSettings } from '../../../src/system/types/own-log.ts';
import { startSyslog } from '../../fakes/syslog.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'own-log-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => path.join(folder, `own-${++files}.log`);
const quiet: OwnLogSettings = { level: 'info', format: 'text', console: false };
const levels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** A log that counts how often winston was loaded. */
function ownLog(settings: Partial<OwnLogSettings>, more: { byTheClock?: boolean; syslogSocket?: string } = {}) {
  const loads = { count: 0 };
  const load = () => {
    loads.count++;
    return import('../../../src/system/own-log/winston-log.ts');
  };
  return { log: createOwnLog({ settings: { ...quiet, ...settings }, byTheClock: true, load, ...more }), loads };
}

test('an entry in a file has time, process, level, message and fields', async () => {
  const file = newFile();
  const { log } = ownLog({ file });
  log.note('warn', 'the lock was stale', { job: 'backup', seconds: 3, reason: 'no such process', empty: '' });
  await log.close();
  assert.match(
    readFileSync(file, 'utf8'),
    new RegExp(
      String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d run-job\[${process.pid}\] warn: the lock was stale job=backup seconds=3 reason="no such process" empty=""\n$`,
    ),
  );
  assert.equal(statSync(file).mode & 0o777, 0o640 & ~process.umask());
});

test('no message and no field can look like another entry', async () => {
  const file = newFile();
  const { log } = ownLog({ file });
  log.note('error', 'first\n2026-11-22T10:30:00.123+01:00 run-job[1] error: forged\r\u001b[2J\n', { a: 'x\nb=1 "q"' });
  await log.close();
  const lines = readFileSync(file, 'utf8').split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /error: first$/);
  assert.equal(
    lines[1],
    '\t2026-11-22T10:30:00.123+01:00 run-job[1] error: forged\\u000d\\u001b[2J a="x\\nb=1 \\"q\\""',
  );
});

test("as JSON each entry is one object, and no field hides the entry's own keys", async () => {
  const file = newFile();
  const { log } = ownLog({ file, format: 'json' });
  log.note('error', 'two\nlines', { job: 'backup', ok: false, level: 'debug', time: 'never' });
  await log.close();
  const [line = '', end] = readFileSync(file, 'utf8').split('\n');
  assert.equal(end, '');
  const { time, ...rest } = JSON.parse(line);
  assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(rest, {
    ...{ level: 'error', message: 'two\nlines', pid: process.pid },
    ...{ job: 'backup', ok: false, level_: 'debug', time_: 'never' },
  });
});

for (const [order, level] of levels.entries()) {
  test(`with level ${level} entries from ${levels[0]} to ${level} are kept`, async () => {
    const file = newFile();
    const { log } = ownLog({ file, level });
    for (const each of levels) log.note(each, each);
    await log.close();
    const kept = [...readFileSync(file, 'utf8').matchAll(/\] \w+: (\w+)$/gm)].map(([, word]) => word);
    assert.deepEqual(kept, levels.slice(0, order + 1));
  });
}

test('entries go to every transport, to syslog without time and with the level as priority', async () => {
  await using syslog = await startSyslog();
  const file = newFile();
  const { log } = ownLog({ file, syslog: { facility: 'local3' }, level: 'debug' }, { syslogSocket: syslog.socket });
  for (const level of levels) log.note(level, `a ${level}\nand more`, { job: 'x' });
  await log.close();
  const messages = (await syslog.messages(8)).map((each) => each.replace(/>.* run-job/, '> run-job'));
  const [error, warn, info, debug] = [155, 156, 158, 159];
  const tag = `run-job[${process.pid}]`;
  assert.deepEqual(
    messages,
    [
      [error, 'error'],
      [warn, 'warn'],
      [info, 'info'],
      [debug, 'debug'],
    ].flatMap(([priority, level]) => [
      `<${priority}> ${tag}: a ${level}`,
      `<${priority}> ${tag}: \\u0009and more job=x`,
    ]),
  );
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 9);
});

test('the line that every run leaves goes to syslog without loading winston, and before what follows it', async () => {
  await using syslog = await startSyslog();
  const { log, loads } = ownLog({ syslog: { facility: 'cron' } }, { syslogSocket: syslog.socket });
  log.note('info', 'success', { job: 'backup' });
  assert.equal(loads.count, 0);
  log.note('error', 'trouble');
  log.note('info', 'afterwards');
  await log.close();
  const messages = (await syslog.messages(3)).map((message) => message.replace(/^.*?: /, ''));
  assert.deepEqual(messages, ['success job=backup', 'trouble', 'afterwards']);
  assert.equal(loads.count, 1);
});

test('winston is not loaded for entries that are dropped', async () => {
  const nowhere = ownLog({});
  nowhere.log.note('error', 'text');
  const tooFine = ownLog({ file: newFile(), level: 'error' });
  tooFine.log.note('warn', 'text');
  const quietConsole = ownLog({ console: true, level: 'debug' });
  quietConsole.log.note('info', 'text');
  for (const { log, loads } of [nowhere, tooFine, quietConsole]) {
    await log.close();
    assert.equal(loads.count, 0);
  }
});

test('a log file that was renamed is created again, as logrotate expects', async () => {
  const file = newFile();
  const first = ownLog({ file });
  first.log.note('error', 'before');
  await until(() => sizeOf(file) > 0);
  renameSync(file, `${file}.1`);
  first.log.note('error', 'after');
  await first.log.close();
  assert.match(readFileSync(`${file}.1`, 'utf8'), /before\n$/);
  assert.match(readFileSync(file, 'utf8'), /: after\n$/);
});

test('after it is closed nothing is noted', async () => {
  const file = newFile();
  const { log } = ownLog({ file });
  log.note('error', 'in time');
  await log.close();
  log.note('error', 'too late');
  await log.close();
  assert.doesNotMatch(readFileSync(file, 'utf8'), /late/);
});

test("a log that can't be loaded does no harm, and syslog gets the reason", async () => {
  await using syslog = await startSyslog();
  const load = () => Promise.reject(new Error('no such bundle'));
  const settings: OwnLogSettings = { ...quiet, syslog: { facility: 'cron' } };
  const log = createOwnLog({ settings, byTheClock: true, load, syslogSocket: syslog.socket });
  log.note('error', 'text');
  await log.close();
  assert.match((await syslog.messages(1))[0] ?? '', /own log is incomplete: no such bundle/);
});

/**
 * Each is a place where a log can't be written; the reason must reach syslog, once, and the other
 * transports must have all.
 */
const troubles: readonly [title: string, file: () => string, reason: RegExp][] = [
  ['a full disk', () => '/dev/full', /\/dev\/full: ENOSPC/],
  ['a missing directory', () => path.join(folder, 'absent', 'own.log'), /absent\/own\.log: ENOENT/],
  ['a directory in its place', () => folder, /EISDIR/],
  ['a file in the place of its directory', () => path.join(written(newFile()), 'own.log'), /ENOTDIR/],
  ['a FIFO that nobody reads', () => fifo(newFile()), /ENXIO/],
  ['a symbolic link', () => linked(newFile()), /ELOOP/],
];
for (const [title, make, expected] of troubles) {
  test(`${title} is reported to syslog once, and the program does not hang`, async () => {
    await using syslog = await startSyslog();
    const { log } = ownLog({ file: make(), syslog: { facility: 'cron' } }, { syslogSocket: syslog.socket });
    for (let i = 0; i < 5; i++) log.note('warn', `entry ${i}`);
    await log.close();
    const messages = (await syslog.messages(6)).map((message) => message.replace(/^.*?\]: /, ''));
    assert.deepEqual(
      messages.filter((message) => message.startsWith('entry')),
      [0, 1, 2, 3, 4].map((i) => `entry ${i}`),
    );
    assert.match(messages.find((message) => !message.startsWith('entry')) ?? '', expected);
  });
}

test("a directory that can't be written is reported to syslog", async () => {
  await using syslog = await startSyslog();
  const locked = path.join(folder, 'locked');
  mkdirSync(locked, { mode: 0o500 });
  const settings = { ...quiet, file: path.join(locked, 'own.log'), syslog: { facility: 'cron' } };
  // root may write anywhere unless it gives up its capabilities.
  const prefix = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];
  const ended = await run({ settings, syslogSocket: syslog.socket, byTheClock: true }, 1, { prefix });
  assert.deepEqual(ended, { code: 7, stdout: '', stderr: '' });
  assert.match((await syslog.messages(2)).join('\n'), /incomplete: \S+\/locked\/own\.log: EACCES/);
});

test('a syslog that does not read delays no program, and the file has every entry', { timeout: 120_000 }, async () => {
  await using syslog = await startSyslog('deaf');
  const file = newFile();
  const { log } = ownLog({ file, syslog: { facility: 'cron' } }, { syslogSocket: syslog.socket });
  for (let i = 0; i < 500; i++) log.note('warn', `entry ${i}`);
  await log.close();
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 501);
});

test('10,000 entries survive a program that ends as soon as its log is closed', async () => {
  const file = newFile();
  const ended = await run({ settings: { ...quiet, file }, byTheClock: true }, 10_000);
  assert.deepEqual(ended, { code: 7, stdout: '', stderr: '' });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 10_000);
  for (const [i, line] of lines.entries()) assert.ok(line.endsWith(` entry ${i} i=${i}`), line);
});

test('the console is stderr', async () => {
  const ended = await run({ settings: { ...quiet, console: true }, byTheClock: true }, 2);
  assert.deepEqual({ ...ended, stderr: '' }, { code: 7, stdout: '', stderr: '' });
  assert.match(ended.stderr, /^\S+ run-job\[\d+\] warn: entry 0 i=0\n\S+ run-job\[\d+\] warn: entry 1 i=1\n$/);
});

test('the console shows successes to a person and not under cron', async () => {
  const settings = { ...quiet, console: true };
  const byHand = await run({ settings, byTheClock: false }, 1, { level: 'info' });
  assert.match(byHand.stderr, /info: entry 0/);
  const byTheClock = await run({ settings, byTheClock: true }, 1, { level: 'info' });
  assert.deepEqual(byTheClock, { code: 7, stdout: '', stderr: '' });
});

test('a closed stderr does not end the program', async () => {
  const ended = await run({ settings: { ...quiet, console: true }, byTheClock: true }, 2000, { deafStderr: true });
  assert.equal(ended.code, 7);
});

const program = fileURLToPath(new URL('../../fixtures/programs/writes-notes.js', import.meta.url));

interface RunManner {
  readonly prefix?: readonly string[];
  readonly deafStderr?: boolean;
  readonly level?: LogLevel;
}

async function run(
  options: object,
  count: number,
  { prefix = [], deafStderr = false, level = 'warn' }: RunManner = {},
) {
  const [first, ...rest] = [...prefix, process.execPath, program, JSON.stringify(options), String(count), level];
  const child = spawn(first ?? '', rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (deafStderr) child.stderr.destroy();
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    deafStderr ? '' : text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr };
}

function written(file: string): string {
  writeFileSync(file, '');
  return file;
}

function fifo(file: string): string {
  execFileSync('mkfifo', [file]);
  return file;
}

function linked(file: string): string {
  symlinkSync(written(newFile()), file);
  return file;
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadlineMs, 'it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
