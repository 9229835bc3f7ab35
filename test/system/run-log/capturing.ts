/** Runs real commands with their output in a real log, and takes the log apart again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type RunLogOptions, runLogs } from '../../../src/system/run-log/run-log.ts';
import { clock } from '../../../src/system/time/clock.ts';
import type { LogTotals, OutputWatcher, RunLog } from '../../../src/system/types/run-log.ts';
import { until as untilSeen } from '../../waiting.ts';

/** The compiled program of test/fixtures/programs. */
export function program(name: string): string {
  return path.resolve(import.meta.dirname, '../../fixtures/programs', `${name}.js`);
}

export function scratch(t: TestContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-log-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export const startedMs = Date.parse('2026-11-22T10:30:00.789Z');

export interface Captured {
  /** Bytes as characters: nothing is decoded. */
  readonly text: string;
  readonly totals: LogTotals;
  readonly heldOpen: readonly boolean[];
  readonly codes: readonly (number | null)[];
  readonly log: RunLog;
}

export interface CaptureOptions extends Partial<RunLogOptions> {
  readonly patienceMs?: number;
  readonly watcher?: OutputWatcher;
  readonly maxBytes?: number;
  readonly onOpen?: (file: string) => void;
}

export function openLog(directory: string, options: CaptureOptions = {}): RunLog {
  const parts = {
    clock,
    outputDirectory: path.join(directory, 'log'),
    runDirectory: directory,
    handedPipes: undefined,
  };
  const answer = runLogs({ ...parts, ...options }).open('job', startedMs, options);
  if (answer.is === 'failed') throw new Error(`${answer.stage}: ${answer.reason}`);
  return answer.log;
}

/** Runs shell commands one after the other, as run-job runs those of a job. */
export async function capture(
  t: TestContext,
  scripts: readonly string[],
  options: CaptureOptions = {},
): Promise<Captured> {
  const log = openLog(scratch(t), options);
  options.onOpen?.(log.path);
  const codes: (number | null)[] = [];
  const heldOpen: boolean[] = [];
  for (const script of scripts) {
    codes.push(await runIn(log, script));
    heldOpen.push((await log.commandEnded(options.patienceMs ?? 60_000)).heldOpen !== false);
  }
  const totals = await log.close();
  return { text: readFileSync(log.path, 'latin1'), totals, heldOpen, codes, log };
}

/** Starts it, as run-job does, and waits for the end of the command itself. */
export async function runIn(log: RunLog, script: string): Promise<number | null> {
  const { stdoutFd, stderrFd } = log.streams();
  const child = spawn('/bin/sh', ['-c', script], {
    stdio: ['ignore', stdoutFd, stderrFd],
    env: { PATH: '/usr/bin:/bin' },
  });
  log.commandStarted(script, child.pid ?? 0);
  const [code] = await once(child, 'exit');
  return code;
}

export interface Entry {
  readonly level: string;
  readonly text: string;
}

const entry = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\t([A-Z]+\+?)\t(.*)$/s;

export function entriesOf(text: string): Entry[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the log does not end with a newline');
  return lines.map((line) => {
    const [, level, rest] = entry.exec(line) ?? [];
    if (level === undefined || rest === undefined) throw new Error(`not a log line: ${line.slice(0, 200)}`);
    return { level, text: rest };
  });
}

/**
 * The output of one stream, joined from the log, with a last newline that the job may not have
 * printed.
 */
export function printed(text: string, level: 'INFO' | 'ERROR'): string {
  return entriesOf(text)
    .filter((line) => line.level.startsWith(level) && !isFrame(line.text))
    .map((line) => (line.level === level ? `\n${line.text}` : line.text))
    .join('')
    .replace(/^\n/, '')
    .concat('\n');
}

function isFrame(text: string): boolean {
  return text === '===========' || text.startsWith('-----------') || /\(\d+\)$/.test(text);
}

/** Waits for what has no event; a failure shows the condition. */
export async function until(condition: () => boolean): Promise<void> {
  await untilSeen(`${condition}`, condition);
}

/** False for a zombie: its parent reaps it later. */
export function isAlive(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
}
