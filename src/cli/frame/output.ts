/**
 * The output of every program: data on stdout, words on stderr.
 * A reader that has gone away causes neither an error nor a stack trace. Texts contain what others
 * wrote, so each one is made printable here; JSON keeps its values.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { printable, printableText } from '../../text/printable.ts';
import { formatProblem, type Problem } from '../../text/problem.ts';

/** A reader that has gone away, which is no error. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

/**
 * The reason why standard output lost bytes, as on a full disk, and whether they were this
 * program's answer.
 */
interface Lost {
  readonly words: string;
  readonly wasAnswer: boolean;
}

/**
 * Each bundle of a program has its own copy of this file. They share what was lost, and the first
 * one says it.
 */
const lostKey = Symbol.for('process-control.lost-output');
const known = globalThis as { [lostKey]?: Lost };

/** Prints lines of data. Returns false when the reader has gone away. */
export function print(text: string): boolean {
  return writeAll(1, Buffer.from(printableText(text)));
}

/**
 * Prints bytes unchanged: the output of a job, or text that the program has made printable or
 * coloured.
 */
export function printBytes(bytes: Uint8Array): boolean {
  return writeAll(1, bytes);
}

/**
 * Prints the output of a run that this program waits for. If it can't be written, the exit code of
 * the run still counts.
 */
export function showBytes(bytes: Uint8Array): void {
  writeAll(1, bytes, 'shown');
}

/** Prints one line for the person at the terminal, with the program's name in front. */
export function say(program: string, words: string): void {
  sayLines(`${program}: ${printable(words)}\n`);
}

export function sayProblems(problems: readonly Problem[]): void {
  sayLines(problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
}

/** Prints lines on stderr. */
export function sayLines(text: string): void {
  writeAll(2, Buffer.from(printableText(text)));
}

/** Prints help or a version on stdout, a usage error on stderr. Returns its exit code. */
export function printAnswer({ exitCode, text }: { readonly exitCode: number; readonly text: string }): number {
  if (exitCode === 0) print(text);
  else sayLines(text);
  return exitCode;
}

/** Prints the words of another program unchanged. */
export function sayBytes(bytes: Uint8Array): void {
  writeAll(2, bytes);
}

/**
 * Writes synchronously, because process.exit does not wait for an asynchronous stdout. On EAGAIN,
 * when a pipe is full, it tries again.
 */
function writeAll(fd: number, bytes: Uint8Array, what: 'answer' | 'shown' = 'answer'): boolean {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') {
        if (fd === 1 && !gone.has(code)) known[lostKey] ??= { words: message, wasAnswer: what === 'answer' };
        return false;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}

/**
 * Runs a program and exits with its code. An internal error prints one line (with --debug the
 * stack) and exits with 125.
 */
export function runProgram(program: string, args: readonly string[], work: () => Promise<number> | number): void {
  const ended = async () => {
    try {
      return await work();
    } catch (error) {
      if (args.includes('--debug')) sayLines(`${(error as Error).stack}\n`);
      else say(program, `internal error: ${(error as Error).message} (--debug shows where)`);
      return exitCodes.internal;
    }
  };
  void ended().then((code) => process.exit(codeOf(program, code)));
}

/**
 * Turns 0 into 125 if the answer was lost in part: the file must not look complete to its reader.
 */
function codeOf(program: string, code: number): number {
  const { [lostKey]: lost } = known;
  if (lost === undefined) return code;
  const { words, wasAnswer } = lost;
  say(program, `standard output: ${words}; the rest is lost`);
  return wasAnswer && code === 0 ? exitCodes.internal : code;
}

/** Below this no word has room, and the terminal breaks the lines itself. */
const narrowest = 20;

/**
 * The width at which sentences are folded: that of the terminal, at most 100. Empty if stdout is no
 * terminal.
 */
export function terminalColumns(): { readonly columns?: number } {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? { columns: Math.min(100, Math.max(narrowest, columns)) } : {};
}
