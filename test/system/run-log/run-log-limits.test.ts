/**
 * The log where things run short: memory, disk, and the patience of a terminal. Each run is a
 * process of its own.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import type { LogTotals } from '../../../src/system/types/run-log.ts';
import { entriesOf, printed, program, scratch, until } from './capturing.ts';

interface Result {
  readonly code: number;
  readonly totals: LogTotals;
  readonly logPath: string;
  readonly peakKiB: number;
}

function resultIn(directory: string): Result {
  return JSON.parse(readFileSync(path.join(directory, 'result.json'), 'utf8'));
}

function runCapture(directory: string, script: string): Result {
  const { status } = spawnSync(process.execPath, [program('captures'), directory, script], { stdio: 'ignore' });
  assert.equal(status, 0);
  return resultIn(directory);
}

const line = 'x'.repeat(79);

test('memory does not grow with the output, in lines or in one endless line', (t) => {
  const peak = (script: string, bytes: number) => {
    const { peakKiB, totals } = runCapture(scratch(t), script);
    assert.equal(totals.stdoutBytes, bytes);
    assert.equal(totals.lostBytes, 0);
    return peakKiB / 1024;
  };
  const small = peak(`yes ${line} | head -c 10000000`, 10_000_000);
  const large = peak(`yes ${line} | head -c 300000000`, 300_000_000);
  const oneLine = peak(`head -c 300000000 /dev/zero`, 300_000_000);
  assert.ok(large - small < 12, `${small} MiB at 10 MB of lines, ${large} MiB at 300 MB`);
  assert.ok(oneLine - small < 12, `${small} MiB at 10 MB of lines, ${oneLine} MiB at one line of 300 MB`);
});

const noNamespace =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'needs root, to mount';

/** In a file system of 1 MB, most of it taken by a file named ballast. */
function runOnSmallDisk(t: TestContext, script: string): { result: Result; text: string } {
  const directory = scratch(t);
  const steps = [
    'mount -t tmpfs -o size=1m tmpfs "$1"',
    'head -c 600000 /dev/zero >"$1/ballast"',
    '"$2" "$3" "$1" "$4" "$5"',
    'cat "$1/result.json" "$1/log/job/latest.log"',
  ];
  const limits = JSON.stringify({ limits: { highBytes: 262_144, lowBytes: 65_536 } });
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-ec', steps.join('\n'), 'sh', directory, process.execPath, program('captures'), script, limits],
    { encoding: 'latin1', maxBuffer: 1 << 24 },
  );
  assert.equal(status, 0, stderr);
  const end = stdout.indexOf('\n') + 1;
  return { result: JSON.parse(stdout.slice(0, end)), text: stdout.slice(end) };
}

const lines = 25_000;
const print = `yes ${line} | head -n ${lines}`;
/** 79 characters, newline and stamp. */
const stampedBytes = 109;

function wholeLinesIn(text: string): number {
  return entriesOf(text).filter((entry) => entry.level === 'INFO' && entry.text === line).length;
}

test('a full disk costs the job only its log, and every missing byte is counted', {
  skip: noNamespace,
}, (t) => {
  const { result, text } = runOnSmallDisk(t, `${print}; rm ballast; exit 3`);
  assert.equal(result.code, 3);
  assert.equal(result.totals.stdoutBytes, lines * 80);
  assert.equal(result.totals.lostReason, 'ENOSPC');
  assert.equal(wholeLinesIn(text) * stampedBytes + result.totals.lostBytes, lines * stampedBytes);
  assert.deepEqual(entriesOf(text).slice(-3), [
    { level: 'NOTE', text: `${result.totals.lostBytes} bytes lost (ENOSPC)` },
    { level: 'INFO', text: '----------- end command output' },
    { level: 'NOTE', text: 'ended with 3' },
  ]);
});

test('when there is space again the log goes on, with a note at the gap', { skip: noNamespace }, (t) => {
  // Not what the header says of this command itself.
  const waiting = 'until grep -q "[b]ytes lost" log/job/latest.log; do sleep 0.05; done';
  const { result, text } = runOnSmallDisk(t, `${print}; rm ballast; ${waiting}; echo after`);
  assert.equal(result.code, 0);
  const { lostBytes } = result.totals;
  assert.ok(lostBytes > 1_000_000);
  assert.equal(wholeLinesIn(text) * stampedBytes + lostBytes, lines * stampedBytes);
  assert.deepEqual(entriesOf(text).slice(-5), [
    { level: 'INFO', text: line },
    { level: 'NOTE', text: `${lostBytes} bytes lost (ENOSPC)` },
    { level: 'INFO', text: 'after' },
    { level: 'INFO', text: '----------- end command output' },
    { level: 'NOTE', text: 'ended with 0' },
  ]);
});

const noScript = spawnSync('script', ['--version']).status === 0 ? false : 'needs script(1)';

/** script(1) is the terminal: what it prints is what a person would see. */
function onTerminal(t: TestContext, directory: string, job: string, patienceMs = 60_000): ChildProcess {
  const limits = JSON.stringify({ mirrorLimits: { highBytes: 100_000, stallMs: patienceMs, closeMs: patienceMs } });
  const command = [process.execPath, program('captures'), directory, job, limits].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function listen(child: ChildProcess): () => string {
  let seen = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    seen += bytes.toString('latin1');
  });
  return () => seen;
}

test('at a terminal the output is shown as it is, also a line that is not finished', { skip: noScript }, async (t) => {
  const directory = scratch(t);
  const job = 'printf "50 %%"; until [ -e seen ]; do sleep 0.05; done; echo " 100 %"; echo oh >&2';
  const seen = listen(onTerminal(t, directory, job));
  await until(() => seen() === '50 %');
  writeFileSync(path.join(directory, 'seen'), '');
  await until(() => existsSync(path.join(directory, 'result.json')));
  await until(() => seen().length === '50 % 100 %\r\noh\r\n'.length);
  assert.deepEqual(seen().split('\r\n').sort(), ['', '50 % 100 %', 'oh']);
});

test('a terminal that is not read delays neither the job nor its log', { skip: noScript }, async (t) => {
  const directory = scratch(t);
  const terminal = onTerminal(t, directory, print, 100);
  await until(() => existsSync(path.join(directory, 'result.json')));
  const { code, totals, logPath } = resultIn(directory);
  assert.equal(code, 0);
  assert.equal(totals.lostBytes, 0);
  assert.equal(wholeLinesIn(readFileSync(logPath, 'latin1')), lines);
  terminal.stdout?.resume();
});

test('a terminal that is closed does not either', { skip: noScript }, async (t) => {
  const directory = scratch(t);
  const terminal = onTerminal(t, directory, 'echo one; until [ -e closed ]; do sleep 0.05; done; echo two');
  const seen = listen(terminal);
  await until(() => seen() === 'one\r\n');
  terminal.kill('SIGKILL');
  await until(() => terminal.signalCode !== null);
  writeFileSync(path.join(directory, 'closed'), '');
  await until(() => existsSync(path.join(directory, 'result.json')));
  const { code, logPath } = resultIn(directory);
  assert.equal(code, 0);
  assert.equal(printed(readFileSync(logPath, 'latin1'), 'INFO'), 'one\ntwo\n');
});
