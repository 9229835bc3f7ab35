/**
 * Runs a small program that is not a job, such as a probe or a program that delivers a message, for
 * a bounded time, and then ends its process tree. Like the command of a job it runs below a reaper
 * of its own (reaper.ts), which finds every process that it starts. Without perl its processes are
 * found in /proc.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { randomUuid } from '../file/random.ts';
import { openOwnScript } from '../program/own-script.ts';
import type { Survivor, WaitStatus } from '../types/process.ts';
import { descendantsOf, named } from './family.ts';
import { processIdentity } from './proc.ts';
import { type Reaper, type ReaperLaunch, type ReaperPlace, startReaper, type Word } from './reaper.ts';
import { killAll, sweepLimitMs, untilNoneLives, within } from './sweep.ts';

export interface BoundedProgram {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly limitMs: number;
  /** The bytes for stdin; none by default. */
  readonly input?: Uint8Array;
  /** Gets the output, in pieces. */
  readonly onOutput: (text: string) => void;
  /** `stderr`: stdout is dropped. */
  readonly listensTo: 'both' | 'stderr';
  /**
   * The treatment of processes that it leaves in the background after it has ended in time. kill:
   * they are killed at once. wait: they are killed when the time limit has passed. leave: they go
   * on if the program exited with 0, like the deliveries of a sendmail.
   */
  readonly leftovers: 'kill' | 'wait' | 'leave';
}

export type BoundedEnd =
  | { readonly is: 'ended'; readonly status: WaitStatus; readonly tookInput: boolean }
  | { readonly is: 'late' }
  | { readonly is: 'not-started'; readonly reason: string };

export interface BoundedRun {
  readonly end: Promise<BoundedEnd>;
  /** Resolves when no process of it is left, or with those that could not be killed. */
  readonly gone: Promise<readonly Survivor[]>;
}

/** The time for output that is still on its way when the program has ended. */
const drainMs = 200;

export function runBounded(program: BoundedProgram, places: { readonly perlPath?: string } = {}): BoundedRun {
  const reaper = startReaper(launchOf(program), reaperPlace(places), {
    stdin: program.input === undefined ? 'ignore' : 'pipe',
    stdout: program.listensTo === 'both' ? 'pipe' : 'ignore',
    stderr: 'pipe',
    lock: 'ignore',
  });
  if (reaper === undefined) return unreaped(program);
  const streams = listen(reaper.child, program);
  const words = startWords(reaper);
  const end = reapedEnd(reaper, program, words, streams);
  return { end, gone: end.then((ended) => reapedGone(reaper, program, ended, words)) };
}

function reaperPlace({ perlPath = '/usr/bin/perl' }: { readonly perlPath?: string }): ReaperPlace {
  knownScript ??= { fd: openOwnScript('reaper.pl') };
  return { perlPath, script: knownScript.fd, wrapperMark: process.env.PROCESS_CONTROL_WRAPPER ?? 'none' };
}
let knownScript: { readonly fd: number | undefined } | undefined;

/** The launch of a program that has no lock, no log and no run. */
function launchOf({ argv, environment, workingDirectory, leftovers, limitMs }: BoundedProgram): ReaperLaunch {
  const place = { argv, environment, workingDirectory, runId: argv[0], keepsLock: false, umask: 0o022 };
  // If this process is killed, a message may still be delivered: the stop signal is CONT, which
  // ends no process.
  return leftovers === 'kill'
    ? { ...place, orphanGraceMs: 0 }
    : { ...place, stopSignal: constants.signals.SIGCONT, orphanGraceMs: limitMs };
}

interface Streams {
  readonly input: Writable | null;
  readonly outputs: readonly Readable[];
}

function listen({ stdin, stdout, stderr }: ChildProcess, { input, onOutput }: BoundedProgram): Streams {
  const outputs = [stdout, stderr].filter((stream) => stream !== null && stream !== undefined);
  for (const stream of outputs)
    stream
      .setEncoding('utf8')
      .on('data', onOutput)
      .on('error', () => {});
  // The way in which the program ends says more than EPIPE.
  stdin?.on('error', () => {});
  if (input !== undefined) stdin?.end(input);
  return { input: stdin, outputs };
}

/** The reaper's messages about the program. */
interface Words {
  /** The end of the program, or the reason why it could not be started. */
  readonly end: Promise<Word>;
  readonly gone: Promise<Word>;
}

function startWords(reaper: Reaper): Words {
  const end = (async () => {
    for (const expected of ['ready', 'forked', 'started'] as const) {
      const word = await reaper.nextWord();
      if (word.is !== expected) return word;
    }
    return reaper.nextWord();
  })();
  const gone = end.then((word) => (word.is === 'ended' ? reaper.nextWord() : word));
  return { end, gone };
}

async function reapedEnd(
  reaper: Reaper,
  { limitMs, leftovers }: BoundedProgram,
  words: Words,
  { input, outputs }: Streams,
): Promise<BoundedEnd> {
  const inTime = await within(limitMs, words.end);
  if (!inTime || (leftovers === 'kill' && !(await isNext(words.gone)))) reaper.kill();
  const ended = inTime ? await words.end : undefined;
  // The last output may still be in the pipe, and a child may hold the pipe open for long: wait a
  // moment only.
  if (ended !== undefined)
    await within(
      drainMs,
      words.gone.then(() => Promise.all(outputs.map(closed))),
    );
  const tookInput = input === null || input.writableFinished;
  for (const stream of [input, ...outputs]) stream?.destroy();
  if (ended === undefined) return { is: 'late' };
  if (ended.is === 'ended') return { is: 'ended', status: ended.status, tookInput };
  return {
    is: 'not-started',
    reason: ended.is === 'failed' ? `${ended.stage}: ${ended.text}` : 'its reaper was killed',
  };
}

/**
 * True when the message is already there: usually no process is left, and the reaper says so
 * together with the end.
 */
function isNext(word: Promise<Word>): Promise<boolean> {
  const notYet = new Promise<false>((resolve) => {
    setImmediate(() => resolve(false));
  });
  return Promise.race([word.then(() => true), notYet]);
}

function closed(stream: Readable): Promise<void> {
  if (stream.closed || stream.readableEnded) return Promise.resolve();
  return new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
}

async function reapedGone(
  reaper: Reaper,
  { leftovers, limitMs }: BoundedProgram,
  end: BoundedEnd,
  words: Words,
): Promise<readonly Survivor[]> {
  const isWell = end.is === 'ended' && end.status.is === 'exited' && end.status.code === 0;
  if (leftovers === 'leave' && isWell) {
    reaper.abandon();
    return [];
  }
  if (leftovers === 'wait' && isWell && (await within(limitMs, words.gone))) return [];
  reaper.kill();
  if (await within(sweepLimitMs, words.gone)) return [];
  return named(descendantsOf(reaper.pid));
}

/**
 * Runs the program without a reaper. spawn() throws when the host has no process or memory left.
 */
function unreaped(program: BoundedProgram): BoundedRun {
  try {
    return runUnreaped(program);
  } catch (error) {
    const end: BoundedEnd = { is: 'not-started', reason: (error as Error).message };
    return { end: Promise.resolve(end), gone: Promise.resolve([]) };
  }
}

/**
 * Gives the program a process group and a mark of its own, by which its remaining processes are
 * found.
 */
function runUnreaped(program: BoundedProgram): BoundedRun {
  const { argv, environment, workingDirectory, limitMs, input, listensTo, leftovers } = program;
  const mark = randomUuid();
  const outer = environment.PROCESS_CONTROL_RUN_ID;
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    cwd: workingDirectory,
    env: { ...environment, PROCESS_CONTROL_RUN_ID: outer === undefined ? mark : `${outer}/${mark}` },
    stdio: [input === undefined ? 'ignore' : 'pipe', listensTo === 'both' ? 'pipe' : 'ignore', 'pipe'],
    detached: true,
  });
  const leader = child.pid === undefined ? undefined : processIdentity(child.pid);
  const marks = { runId: mark, ...(leader !== undefined && { leader }) };
  const streams = listen(child, program);
  const exit = new Promise<BoundedEnd>((resolve) => {
    child.once('error', (error) => resolve({ is: 'not-started', reason: error.message }));
    child.once('exit', (code, signal) => {
      const status: WaitStatus =
        signal === null ? { is: 'exited', code: code ?? 0 } : { is: 'signalled', signal: constants.signals[signal] };
      setImmediate(() => resolve({ is: 'ended', status, tookInput: streams.input?.writableFinished !== false }));
    });
  });
  const end = within(limitMs, exit).then(async (inTime): Promise<BoundedEnd> => {
    if (inTime) await within(drainMs, Promise.all(streams.outputs.map(closed)));
    for (const stream of [streams.input, ...streams.outputs]) stream?.destroy();
    return inTime ? exit : { is: 'late' };
  });
  const gone = end.then(async (ended) => {
    if (ended.is === 'not-started') return [];
    const isWell = ended.is === 'ended' && ended.status.is === 'exited' && ended.status.code === 0;
    if (leftovers === 'leave' && isWell) return [];
    if (leftovers === 'wait' && isWell && (await untilNoneLives(marks, limitMs)).length === 0) return [];
    return (await killAll(marks, new Set())).survivors;
  });
  return { end, gone };
}
