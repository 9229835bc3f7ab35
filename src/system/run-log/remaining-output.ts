/** Starts remaining-output.pl, which reads the output of processes that outlive their run. */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Pipe, PipePair } from '../pipe/pipes.ts';
import { isExecutable } from '../program/executable.ts';
import { openOwnScript } from '../program/own-script.ts';
import type { RemainingOutput } from '../types/run-log.ts';

const cat = '/bin/cat';

export interface RemainingOutputParts {
  /** The log of the run. */
  readonly logPath: string;
  readonly maxBytes: number | undefined;
  readonly perlPath?: string;
}

/**
 * Starts a reader that lives until all writers have closed both pipes. `failed`: the next process
 * that prints gets SIGPIPE.
 */
export function readOn(
  pipes: PipePair,
  { logPath, maxBytes = 0, perlPath = '/usr/bin/perl' }: RemainingOutputParts,
): RemainingOutput {
  const stem = `${logPath.replace(/\.log$/, '')}.remaining`;
  try {
    if (startReader(pipes, perlPath, [stem, String(maxBytes)])) return { is: 'logged', path: `${stem}.log` };
    for (const pipe of pipes) startDrain(pipe);
    return { is: 'dropped' };
  } catch (error) {
    return { is: 'failed', reason: (error as Error).message };
  }
}

/** False when perl or the script is missing. */
function startReader([stdout, stderr]: PipePair, perlPath: string, args: readonly string[]): boolean {
  const script = isExecutable(perlPath) ? openOwnScript('remaining-output.pl') : undefined;
  if (script === undefined) return false;
  const ends = [stdout.openReader(), stderr.openReader()];
  try {
    start(perlPath, ['/proc/self/fd/5', ...args], ['ignore', ...ends, script]);
    return true;
  } finally {
    for (const fd of [...ends, script]) closeSync(fd);
  }
}

function startDrain(pipe: Pipe): void {
  const end = pipe.openBlockingReader();
  try {
    start(cat, [], [end]);
  } finally {
    closeSync(end);
  }
}

/** Starts a process without an environment, so that it has no mark of the run, which is over. */
function start(
  program: string,
  args: readonly string[],
  [stdin = 'ignore', ...more]: readonly ('ignore' | number)[],
): void {
  const child = spawn(program, args, {
    argv0: 'run-job: output of remaining processes',
    cwd: '/',
    env: {},
    stdio: [stdin, 'ignore', 'ignore', ...more],
    detached: true,
  });
  child.on('error', () => {});
  if (child.pid === undefined) throw new Error(`${program} could not be started`);
  child.unref();
}
