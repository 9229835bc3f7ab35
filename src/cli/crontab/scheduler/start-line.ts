/** Starts a line as cron does: `sh -c COMMAND` in the environment of the crontab. */
import { type ChildProcess, spawn } from 'node:child_process';
import os from 'node:os';
import type { Readable } from 'node:stream';
import type { TableLine } from '../../../crontab/scheduler/table.ts';
import type { User } from '../../../system/types/user.ts';

export interface LineStart {
  readonly line: TableLine;
  readonly settings: Readonly<Record<string, string>>;
  readonly user: User;
  /** Read also what the job prints. */
  readonly jobOutput: boolean;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface StartedLine {
  readonly child: ChildProcess;
  /** Resolves when the program has begun its work, or has ended. */
  readonly begun: Promise<void>;
  /** The exit code as a shell has it, or why there is no process. */
  readonly ended: Promise<{ readonly exitCode: number } | { readonly reason: string }>;
}

/**
 * Each program closes inherited descriptors above 15 before it does anything else (boot.cjs), so
 * the end of this pipe says that it has begun.
 */
const beginFd = 16;

export function startLine({ line, settings, user, jobOutput, onOutput }: LineStart): StartedLine {
  const { name, home } = user;
  const { HOME = '/', SHELL = '/bin/sh' } = settings;
  const command =
    jobOutput && line.slug !== undefined ? line.command.replace(/ --job /, ' --follow --job ') : line.command;
  const unused = Array.from({ length: beginFd - 3 }, () => 'ignore' as const);
  const child = spawn(SHELL, ['-c', command], {
    cwd: HOME,
    // What this process is asked to do by a terminal is not for the runs.
    detached: true,
    env: { HOME: home, LOGNAME: name, USER: name, ...settings },
    stdio: ['ignore', jobOutput ? 'pipe' : 'ignore', 'pipe', ...unused, 'pipe'],
  });
  if (child.stdout !== null) readLines(child.stdout, (text) => onOutput('stdout', text));
  if (child.stderr !== null) readLines(child.stderr, (text) => onOutput('stderr', text));
  const ended = new Promise<{ exitCode: number } | { reason: string }>((resolve) => {
    child.once('error', ({ message }) => resolve({ reason: message }));
    child.once('exit', (code, signal) =>
      resolve({ exitCode: signal ? 128 + os.constants.signals[signal] : (code ?? 0) }),
    );
  });
  const pipe = (child.stdio as readonly unknown[])[beginFd] as Readable | null | undefined;
  const closed = new Promise<void>((resolve) => {
    pipe
      ?.on('error', () => resolve())
      .once('close', () => resolve())
      .resume();
  });
  return { child, ended, begun: Promise.race([closed, ended.then(() => undefined)]) };
}

/** A line that is longer is shown in parts. */
const longestLine = 16_384;

function readLines(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) take(part);
    if (rest.length > longestLine) {
      take(rest);
      rest = '';
    }
  });
  stream.on('error', () => undefined);
  stream.on('end', () => rest === '' || take(rest));
}
