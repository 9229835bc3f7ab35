/**
 * Real processes that ask for a lock, for the tests of the lock: each is a `holds-lock` of its own.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kernelLockHolders } from '../../../src/system/lock/kernel.ts';
import { listProcesses, type Process, processesOfRun, readProcess } from '../../../src/system/process/proc.ts';
import type { LockAnswer, LockHolder } from '../../../src/system/types/lock.ts';

export const program = fileURLToPath(new URL('../../fixtures/programs/holds-lock.js', import.meta.url));

/** An empty run directory of this user's, gone after the test. */
export function runDirectory(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'lock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Waits for a condition that other processes make true. */
export async function until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
  const giveUpMs = performance.now() + withinMs;
  while (!holds()) {
    assert.ok(performance.now() < giveUpMs, `in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Asking {
  readonly directory: string;
  readonly name?: string;
  /** Started as run-job would start it once the lock is held. */
  readonly command?: readonly string[];
  /** Stands before the program: strace, faketime, unshare. */
  readonly prefix?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One process that has asked for a lock. */
export class Asker {
  readonly child: ChildProcess;
  readonly remarks: string[] = [];
  readonly #lines: AsyncIterator<string>;

  constructor(t: TestContext, { directory, name = 'job', command = [], prefix = [], environment = {} }: Asking) {
    const [first = '', ...rest] = [...prefix, process.execPath, program, directory, name, ...command];
    this.child = spawn(first, rest, {
      stdio: 'pipe',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PROCESS_CONTROL_WRAPPER: randomUUID(), ...environment },
    });
    t.after(() => this.child.kill('SIGKILL'));
    this.child.stderr?.on('data', (text) => this.remarks.push(String(text)));
    this.child.stdin?.on('error', () => {});
    const output = this.child.stdout;
    assert.ok(output);
    const lines: Interface = createInterface({ input: output });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** The next line that the program prints, parsed. */
  async next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    assert.ok(!done, `it ended without an answer: ${this.remarks.join('')}`);
    return JSON.parse(value);
  }

  async answer(): Promise<LockAnswer> {
    return (await this.next()) as LockAnswer;
  }

  get pid(): number {
    assert.ok(this.child.pid);
    return this.child.pid;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }

  /** faketime(1) and others before the program clean up behind it. */
  async ended(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  /** Gives the lock back and ends. */
  async release(): Promise<void> {
    this.child.stdin?.end();
    const [code] = await once(this.child, 'exit');
    assert.equal(code, 0, this.remarks.join(''));
  }
}

/** Asks, expects to get the lock. `job` is the pid of the command's shell, 0 without a command. */
export async function hold(t: TestContext, asking: Asking): Promise<Asker & { readonly job: number }> {
  const asker = new Asker(t, asking);
  const answer = await asker.answer();
  assert.equal(answer.is, 'held', JSON.stringify(answer));
  const job = asking.command ? Number(await asker.next()) : 0;
  if (job) t.after(() => endSession(job));
  return Object.assign(asker, { job });
}

/** Asks, expects a refusal. */
export async function refused(t: TestContext, asking: Asking): Promise<LockHolder> {
  const asker = new Asker(t, asking);
  const answer = await asker.answer();
  assert.ok(answer.is === 'busy', JSON.stringify(answer));
  await asker.ended();
  return answer.holder;
}

/**
 * Asks for the lock, expects the answer `unavailable`, and returns the sentence that a person would
 * read.
 */
export async function unavailable(t: TestContext, asking: Asking): Promise<string> {
  const asker = new Asker(t, asking);
  const answer = await asker.answer();
  assert.ok(answer.is === 'unavailable', JSON.stringify(answer));
  await asker.ended();
  return `${answer.stage}: ${answer.reason}`;
}

/** Asks again and again until it gets the lock. */
export async function held(t: TestContext, asking: Asking, withinMs = 60_000): Promise<void> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    const asker = new Asker(t, asking);
    const answer = await asker.answer();
    if (answer.is === 'held') return asker.release();
    await asker.ended();
    assert.ok(performance.now() < giveUpMs, `never free: ${JSON.stringify(answer)}`);
  }
}

/**
 * Kills a command and all that it has started in its session; again, because a shell may fork while
 * it is killed.
 */
export function endSession(leader: number): void {
  for (;;) {
    const found = listProcesses().filter((one) => one.session === leader);
    if (found.length === 0) return;
    for (const { pid } of found) endProcess(pid);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

/** Waits for the first process that is wanted, and answers its pid. */
async function firstPid(what: string, find: () => readonly (Process | undefined)[]): Promise<number> {
  let found: Process | undefined;
  await until(what, () => {
    found = find().find((one) => one !== undefined);
    return found !== undefined;
  });
  return found?.pid ?? 0;
}

export function childOf(parent: number): Promise<number> {
  return firstPid(`a child of ${parent}`, () => listProcesses().filter((one) => one.parent === parent));
}

/** The process of this name that carries the mark of a run. */
export function markedBy(runId: string, name: string): Promise<number> {
  return firstPid(`${name} of ${runId}`, () => processesOfRun({ runId }).filter((one) => one.name === name));
}

/** The process of this name that has the kernel's lock on a file. */
export function keeperOf(file: string, name: string): Promise<number> {
  return firstPid(`${name} with ${file}`, () =>
    kernelLockHolders(file)
      .map(readProcess)
      .filter((one) => one?.name === name),
  );
}

/** The reason why a test that needs root's tools can't run here; false when it can. */
export function lacks(command: string, ...args: readonly string[]): string | false {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return false;
  } catch {
    return `needs: ${[command, ...args].join(' ')}`;
  }
}
