/**
 * What every program prints: data on stdout, words on stderr; a reader that has gone away ends neither in an error nor in a stack trace.
 * Texts are made of what others wrote, so every one is made printable here, whoever composed it; JSON keeps its value.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { printable, printableText } from '../../text/printable.ts';
import { formatProblem, type Problem } from '../../text/problem.ts';

/** A reader that has gone away, which is no error. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

/** Why standard output has lost something, as on a full disk, and whether that was the answer of this program. */
interface Lost {
  readonly words: string;
  readonly wasAnswer: boolean;
}

/** Each bundle of a program has this file for itself; what one of them has lost the first one tells. */
const lostKey = Symbol.for('process-control.lost-output');
const known = globalThis as { [lostKey]?: Lost };

/** Lines of data. Returns false when nobody reads any more. */
export function print(text: string): boolean {
  return writeAll(1, Buffer.from(printableText(text)));
}

/** Data as it is: what a job printed, and what this program itself has made printable or coloured. */
export function printBytes(bytes: Uint8Array): boolean {
  return writeAll(1, bytes);
}

/** What a run prints while this program waits for it. The run's exit code counts, whatever becomes of these bytes. */
export function showBytes(bytes: Uint8Array): void {
  writeAll(1, bytes, 'shown');
}

/** A word to the person at the terminal, one line, with the program's name in front. */
export function say(program: string, words: string): void {
  sayLines(`${program}: ${printable(words)}\n`);
}

export function sayProblems(problems: readonly Problem[]): void {
  sayLines(problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
}

/** Lines that are words already. */
export function sayLines(text: string): void {
  writeAll(2, Buffer.from(printableText(text)));
}

/** Prints help or a version on stdout, a usage error on stderr. Returns its exit code. */
export function printAnswer({ exitCode, text }: { readonly exitCode: number; readonly text: string }): number {
  if (exitCode === 0) print(text);
  else sayLines(text);
  return exitCode;
}

/** What another program said, as it is. */
export function sayBytes(bytes: Uint8Array): void {
  writeAll(2, bytes);
}

/** Synchronous, because process.exit does not wait for an asynchronous stdout; a pipe that is full answers EAGAIN and is asked again. */
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

/** Runs a program: its exit code, or 125 with one line for what should not have happened (and the stack with --debug). */
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

/** An answer that is not there in full must not look like one: whoever reads the file later sees no words. */
function codeOf(program: string, code: number): number {
  const { [lostKey]: lost } = known;
  if (lost === undefined) return code;
  const { words, wasAnswer } = lost;
  say(program, `standard output: ${words}; what followed is not shown`);
  return wasAnswer && code === 0 ? exitCodes.internal : code;
}

/** For sentences to be folded at: the width of the terminal, at most 100; nothing where stdout is none. */
export function terminalColumns(): { readonly columns?: number } {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? { columns: Math.min(100, Math.max(40, columns)) } : {};
}
