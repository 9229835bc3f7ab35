/**
 * Starts real programs below a launcher, in a directory of their own, and finds by a tag in the
 * command line what is left of them.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { createLauncher, type LauncherPlaces } from '../../../src/system/process/launcher.ts';
import { commandLineOf, listProcesses, type Process } from '../../../src/system/process/proc.ts';
import type {
  Launch,
  LaunchAnswer,
  Launcher,
  RunningCommand,
  Survivor,
  WaitStatus,
} from '../../../src/system/types/process.ts';

/** The compiled tests lie in build/test/system; the programs they start stay where they are. */
export const programs = path.resolve(import.meta.dirname, '../../../../test/fixtures/programs');

/** The compiled launches.ts. */
export const launchesProgram = path.resolve(import.meta.dirname, '../../fixtures/programs/launches.js');

/** Both ways to contain a job; what is true of only one of them is tested with that one. */
export const underReaper = createLauncher();
export const underShell = createLauncher({ perlPath: '/nonexistent/perl' });
export const containments: readonly (readonly [string, Launcher])[] = [
  ['reaper', underReaper],
  ['shell', underShell],
];

export interface OrderChanges {
  readonly places?: LauncherPlaces;
  readonly runId?: string;
  readonly graceMs?: number;
  /** TERM and KILL, so long after USR2. */
  readonly endInMs?: readonly [number, number];
  /** The user, instead of root, as whom the command is launched. */
  readonly uid?: number;
}

/** One run: where its output goes, what its lock is, and what its processes can be known by. */
export class Scene {
  readonly runId = `run-${randomUUID()}`;
  readonly tag = `tag-${randomUUID()}`;
  readonly directory = mkdtempSync(path.join(tmpdir(), 'launch-'));
  readonly lockFile = path.join(this.directory, 'lock');

  constructor(context: TestContext) {
    context.after(() => this.#cleanUp());
  }

  /** Starts a command; the descriptors it was given are closed here afterwards, as run-job does. */
  async launch(launcher: Launcher, argv: Launch['argv'], changes: Partial<Launch> = {}): Promise<LaunchAnswer> {
    const stdoutFd = openSync(path.join(this.directory, 'stdout'), 'a');
    const stderrFd = openSync(path.join(this.directory, 'stderr'), 'a');
    const lockFd = openSync(this.lockFile, 'a');
    spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', lockFd] });
    try {
      return await launcher.launch({
        argv,
        environment: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_RUN_ID: this.runId },
        workingDirectory: this.directory,
        runId: this.runId,
        keepsLock: true,
        umask: 0o022,
        stdoutFd,
        stderrFd,
        lockFd,
        ...changes,
      });
    } finally {
      for (const fd of [stdoutFd, stderrFd, lockFd]) closeSync(fd);
    }
  }

  async start(launcher: Launcher, argv: Launch['argv'], changes: Partial<Launch> = {}): Promise<RunningCommand> {
    const answer = await this.launch(launcher, argv, changes);
    if (answer.is === 'failed') throw new Error(`${answer.stage}: ${answer.reason}`);
    return answer.command;
  }

  /** Starts a shell script that carries the tag in its command line. */
  sh(launcher: Launcher, script: string, changes: Partial<Launch> = {}): Promise<RunningCommand> {
    return this.start(launcher, ['/bin/sh', '-c', script, this.tag], changes);
  }

  /** Starts escapes.pl and waits until all its roles have taken their places. */
  async escapes(launcher: Launcher, roles: readonly string[], changes: Partial<Launch> = {}): Promise<RunningCommand> {
    const argv = ['/usr/bin/perl', path.join(programs, 'escapes.pl'), this.tag, ...roles] as const;
    const command = await this.start(launcher, argv, changes);
    await until(() => this.stdout().includes('ready'));
    return command;
  }

  /** The argument with which launches.ts does the same in a process of its own. */
  order(argv: Launch['argv'], changes: OrderChanges = {}, launch: Partial<Launch> = {}): string {
    const runId = changes.runId ?? this.runId;
    return JSON.stringify({
      launch: { argv, runId, environment: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_RUN_ID: runId }, ...launch },
      lockFile: this.lockFile,
      file: path.join(this.directory, 'history'),
      graceMs: 10_000,
      ...changes,
    });
  }

  history(): { readonly status: WaitStatus; readonly survivors: readonly Survivor[]; readonly overdue: boolean } {
    return JSON.parse(readFileSync(path.join(this.directory, 'history'), 'utf8'));
  }

  stdout(): string {
    return readFileSync(path.join(this.directory, 'stdout'), 'utf8');
  }

  stderr(): string {
    return readFileSync(path.join(this.directory, 'stderr'), 'utf8');
  }

  /** The living processes with the tag in their command line. */
  alive(): readonly Process[] {
    return listProcesses().filter(({ pid }) => pid !== process.pid && commandLineOf(pid).includes(this.tag));
  }

  /** Writes a program of this test's own. */
  program(text: string, mode = 0o755): string {
    const file = path.join(this.directory, 'program');
    writeFileSync(file, text, { mode });
    return file;
  }

  lockIsHeld(): boolean {
    return spawnSync('flock', ['-n', this.lockFile, 'true']).status === 1;
  }

  #cleanUp(): void {
    // Again and again, for some of the programs here evade a single look.
    for (let alive = this.alive(); alive.length > 0; alive = this.alive()) for (const { pid } of alive) endProcess(pid);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Waits for a condition that another process makes true. Fails after a time that no healthy host
 * needs.
 */
export async function until(condition: () => boolean, limitMs = 60_000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`still not true after ${limitMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
