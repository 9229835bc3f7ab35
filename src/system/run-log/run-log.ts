/**
 * The log of one run: all output of its commands, with time stamps, and run-job's own notes, in one
 * file.
 *
 *     job --pipe--> OutputReader --> Stamper --> Outlet --> log file
 *                              '---------------> Outlet --> terminal, if run-job has one
 */
import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, stat } from 'node:fs';
import { defined } from '../../text/defined.ts';
import { PrintableStream, printable } from '../../text/printable.ts';
import { sizeText } from '../../text/size.ts';
import { createLogFile } from '../log-files/log-file.ts';
import { type Level, localOffset, type OffsetAt, Stamps } from '../log-files/stamps.ts';
import { OutputReader } from '../pipe/output-reader.ts';
import { adoptPipes, makePipes, type Pipe, type PipePair } from '../pipe/pipes.ts';
import { openTerminal } from '../pipe/terminal.ts';
import type { Clock } from '../types/clock.ts';
import type { LogAnswer, LogTotals, OutputWatcher, RemainingOutput, RunLog, RunLogs } from '../types/run-log.ts';
import { LogBound } from './bound.ts';
import { Outlet, type OutletLimits, type OutletOptions } from './outlet.ts';
import { readOn } from './remaining-output.ts';
import { openAgain, restoreLog } from './restore.ts';
import { Stamper } from './stamper.ts';
import { Tail } from './tail.ts';
import { UnfinishedLine } from './unfinished-line.ts';

export interface RunLogOptions {
  readonly clock: Clock;
  readonly outputDirectory: string;
  /** The directory for FIFOs, when the launcher has not handed over pipes. */
  readonly runDirectory: string;
  /** PROCESS_CONTROL_PIPES of the environment. */
  readonly handedPipes: string | undefined;
  /**
   * Descriptors on which the job's output is shown as well, if they are terminals or with `always`.
   */
  readonly mirrorTo?: { readonly stdout: number; readonly stderr: number; readonly always?: boolean };
  readonly offsetAt?: OffsetAt;
  readonly limits?: Partial<OutletLimits>;
  readonly mirrorLimits?: Partial<OutletLimits>;
}

/**
 * The logs of this process's runs. Call it once in a process, because handed pipes can be adopted
 * only once.
 */
export function runLogs(options: RunLogOptions): RunLogs {
  const offsetAt = options.offsetAt ?? localOffset();
  let spare = adoptPipes(options.handedPipes);
  return {
    open(slug, startedMs, { watcher, maxBytes, readsOn = false } = {}): LogAnswer {
      try {
        spare ??= makePipes(options.runDirectory);
      } catch (error) {
        return { is: 'failed', stage: 'making pipes for the output', reason: (error as Error).message };
      }
      const file = createLogFile({ directory: options.outputDirectory, slug, startedMs });
      if (file.is === 'failed') return file;
      const pipes = spare;
      spare = undefined;
      const log = new OpenRunLog({ ...options, ...file, offsetAt, pipes, watcher, maxBytes, readsOn });
      if (file.linkProblem !== undefined) log.note(`latest.log could not be replaced: ${file.linkProblem}`);
      return { is: 'open', log };
    },
  };
}

interface RunLogParts extends RunLogOptions {
  readonly fd: number;
  readonly path: string;
  readonly offsetAt: OffsetAt;
  readonly pipes: PipePair;
  readonly watcher: OutputWatcher | undefined;
  readonly pages?: Pages;
  /** The maximum size of a log without pages; undefined means no limit. */
  readonly maxBytes?: number | undefined;
  readonly readsOn?: boolean;
}

/** One of the job's two streams, for all its commands. */
interface Stream {
  readonly name: 'stdout' | 'stderr';
  readonly stamper: Stamper;
  readonly unfinished: UnfinishedLine;
  readonly mirror: Outlet | undefined;
  /** Removes from the mirror what could control the terminal. */
  readonly shown: PrintableStream | undefined;
  bytes: number;
  reader: OutputReader | undefined;
}

/** The limits for a terminal, which fails sooner than a disk. */
const usualMirrorLimits: OutletLimits = { highBytes: 1 << 20, lowBytes: 1 << 18, stallMs: 2000, closeMs: 2000 };

/** The series of files of a service's log: when one is full the next one follows. */
export interface Pages {
  readonly maxBytes: number;
  /** The size of the first file. */
  readonly sizeBytes: number;
  /** Creates the next file; `undefined` when that fails, and then the old one grows further. */
  readonly next: () => { readonly fd: number; readonly path: string } | undefined;
  /** Opens the log at this path again, which was moved or removed. */
  readonly renew: (path: string) => { readonly fd: number; readonly sizeBytes: number } | undefined;
}

/** A log in a file that is open for appending. */
export function openLog(
  options: RunLogOptions,
  file: { readonly fd: number; readonly path: string; readonly pages?: Pages },
): RunLog {
  const offsetAt = options.offsetAt ?? localOffset();
  return new OpenRunLog({ ...options, ...file, offsetAt, pipes: makePipes(options.runDirectory), watcher: undefined });
}

class OpenRunLog implements RunLog {
  #path: string;
  /** The size of the current file. */
  #pageBytes: number;
  /** Full files, until their last bytes are written. */
  readonly #fullPages: { readonly outlet: Outlet; readonly closed: Promise<void> }[] = [];
  readonly #parts: RunLogParts;
  readonly #stamps: Stamps;
  #outlet: Outlet;
  readonly #tail = new Tail();
  readonly #stdout: Stream;
  readonly #stderr: Stream;
  #pipes: PipePair | undefined;
  #writers: readonly [number, number] | undefined;
  readonly #bound: LogBound | undefined;
  #isFramed = false;
  /** Notes made while a command runs; they are written after its output. */
  #notes: Buffer[] = [];

  constructor(parts: RunLogParts) {
    this.#path = parts.path;
    this.#pageBytes = parts.pages?.sizeBytes ?? 0;
    this.#parts = parts;
    this.#pipes = parts.pipes;
    this.#stamps = new Stamps(parts.clock.nowMs, parts.offsetAt);
    this.#outlet = this.#outletTo(parts.fd, parts.path);
    this.#bound = parts.maxBytes ? this.#boundOf(parts.maxBytes) : undefined;
    this.#stdout = this.#stream('stdout', 'INFO', parts.mirrorTo?.stdout);
    this.#stderr = this.#stream('stderr', 'ERROR', parts.mirrorTo?.stderr);
  }

  get path(): string {
    return this.#path;
  }

  streams(): { readonly stdoutFd: number; readonly stderrFd: number } {
    this.#closeWriters();
    this.#pipes ??= makePipes(this.#parts.runDirectory);
    const [stdout, stderr] = this.#pipes;
    const [stdoutFd, stderrFd] = [stdout.openWriter(), stderr.openWriter()];
    this.#writers = [stdoutFd, stderrFd];
    return { stdoutFd, stderrFd };
  }

  commandStarted(commandLine: string, pid: number): void {
    for (const text of ['===========', `${commandLine} (${pid})`, '-----------']) this.#write('INFO', text);
    this.#isFramed = true;
    this.#read();
    this.#closeWriters();
    this.#outlet.flush();
  }

  async commandEnded(patienceMs: number): Promise<{ readonly heldOpen: false | RemainingOutput }> {
    // A launch that failed may have printed something.
    if (this.#writers !== undefined) this.#read();
    this.#closeWriters();
    await this.#readersEnd(patienceMs);
    const heldOpen = this.#finish();
    if (this.#isFramed) this.#write('INFO', '----------- end command output');
    this.#isFramed = false;
    for (const note of this.#notes.splice(0)) this.#put(note);
    return { heldOpen };
  }

  note(text: string): void {
    const line = this.#line('NOTE', text);
    if (this.#isFramed) this.#notes.push(line);
    else this.#put(line);
  }

  async close(): Promise<LogTotals> {
    if (this.#isFramed) await this.commandEnded(0);
    this.#closeWriters();
    this.#dropPipes();
    const streams = [this.#stdout, this.#stderr];
    for (const { mirror, shown } of streams) {
      const rest = shown?.end() ?? '';
      if (rest !== '') mirror?.write(Buffer.from(rest));
    }
    const mirrors = streams.flatMap(({ mirror }) => mirror ?? []);
    const { pages, fd } = this.#parts;
    // This descriptor stays open after the outlet has closed its own: it is the only way to a
    // removed log.
    const copy = pages === undefined ? openAgain(fd) : undefined;
    await Promise.all([this.#outlet, ...mirrors].map((outlet) => outlet.close()));
    const lost = copy === undefined ? undefined : await restoreLog(copy, this.#path, this.#outlet.writtenBytes);
    await Promise.all(this.#fullPages.map(({ closed }) => closed));
    const outlets = [...this.#fullPages.map(({ outlet }) => outlet), this.#outlet];
    const lostBytes = outlets.reduce((sum, outlet) => sum + outlet.lostBytes, lost?.bytes ?? 0);
    const lostReason = lost?.reason ?? outlets.find((outlet) => outlet.lostReason !== undefined)?.lostReason;
    return {
      stdoutBytes: this.#stdout.bytes,
      stderrBytes: this.#stderr.bytes,
      lostBytes,
      ...defined({ lostReason }),
      ...(this.#bound?.leftOut && { leftOut: this.#bound.leftOut }),
      tail: this.#tail.text(),
    };
  }

  #outletTo(fd: number, path: string): Outlet {
    const { pages } = this.#parts;
    const outlet: Outlet = new Outlet({
      fd,
      ...(pages !== undefined && { renew: this.#renewal(pages, { fd, path }, () => outlet === this.#outlet) }),
      onRoom: () => this.#resume(),
      gapText: (bytes, reason) => this.#line('NOTE', `${bytes} bytes lost (${reason})`),
      limits: this.#parts.limits ?? {},
    });
    return outlet;
  }

  /**
   * Checks before each write that the path still names the current file. A full file is not
   * renewed.
   */
  #renewal(
    pages: Pages,
    file: { readonly fd: number; readonly path: string },
    isCurrent: () => boolean,
  ): NonNullable<OutletOptions['renew']> {
    let known = fstatSync(file.fd);
    return (then) => {
      stat(file.path, (error, now) => {
        const isSame = error === null && now.ino === known.ino && now.dev === known.dev;
        // After any other error the old file is kept.
        const isGone = error === null || error.code === 'ENOENT' || error.code === 'ENOTDIR';
        const renewed = isSame || !isGone || !isCurrent() ? undefined : pages.renew(file.path);
        if (renewed !== undefined) {
          known = fstatSync(renewed.fd);
          this.#pageBytes = renewed.sizeBytes;
        }
        then(renewed?.fd);
      });
    };
  }

  #boundOf(maxBytes: number): LogBound {
    return new LogBound({
      maxBytes,
      mark: () => this.#outlet.mark(),
      cut: (bytes) => this.#outlet.cut(bytes),
      note: ({ lines, bytes }) =>
        this.#line('NOTE', `${lines} lines (${bytes} bytes) are left out here: log_max_size is ${sizeText(maxBytes)}`),
    });
  }

  /** Starts the next file, between two lines, when the current one is full. */
  #turnPageIfFull(moreBytes: number): void {
    const { pages } = this.#parts;
    this.#pageBytes += moreBytes;
    if (pages === undefined || this.#pageBytes <= pages.maxBytes) return;
    const next = pages.next();
    this.#pageBytes = moreBytes;
    if (next === undefined) return;
    const full = this.#outlet;
    this.#outlet = this.#outletTo(next.fd, next.path);
    this.#path = next.path;
    const page = { outlet: full, closed: full.close() };
    this.#fullPages.push(page);
    // A file that has lost nothing need not be kept for the totals.
    void page.closed.then(() => {
      if (full.lostBytes === 0) this.#fullPages.splice(this.#fullPages.indexOf(page), 1);
    });
  }

  #stream(name: Stream['name'], level: 'INFO' | 'ERROR', mirrorFd: number | undefined): Stream {
    const stamper = new Stamper({ level, stamps: this.#stamps, onLines: (lines) => this.#logLines(lines) });
    const terminal = mirrorFd === undefined ? undefined : openTerminal(mirrorFd);
    const isFollowed = mirrorFd !== undefined && this.#parts.mirrorTo?.always === true;
    const onWritten = () => this.#outlet.flush();
    return {
      name,
      stamper,
      unfinished: new UnfinishedLine({ stamper, clock: this.#parts.clock, onWritten }),
      shown: terminal === undefined ? undefined : new PrintableStream('live'),
      mirror: terminal !== undefined ? this.#mirror(terminal) : isFollowed ? this.#followed(mirrorFd) : undefined,
      bytes: 0,
      reader: undefined,
    };
  }

  #mirror(fd: number): Outlet {
    return new Outlet({
      fd,
      onRoom: () => this.#resume(),
      gapText: (bytes) => Buffer.from(`\r\nrun-job: ${bytes} bytes not shown here\r\n`),
      limits: { ...usualMirrorLimits, ...this.#parts.mirrorLimits },
    });
  }

  /**
   * A mirror to a pipe or file that the caller asked for. It waits for slow readers, and the
   * descriptor stays open for later messages.
   */
  #followed(fd: number): Outlet {
    return new Outlet({
      ...{ fd, keepsOpen: true },
      onRoom: () => this.#resume(),
      gapText: (bytes) => Buffer.from(`\nrun-job: ${bytes} bytes not shown here\n`),
      limits: this.#parts.mirrorLimits ?? {},
    });
  }

  #logLines(lines: Buffer): void {
    this.#tail.add(lines);
    if (this.#bound?.takes(lines)) return;
    this.#turnPageIfFull(lines.length);
    this.#outlet.write(lines);
  }

  #read(): void {
    const [stdout, stderr] = this.#pipes ?? [];
    if (stdout !== undefined) this.#stdout.reader = this.#readerOf(this.#stdout, stdout);
    if (stderr !== undefined) this.#stderr.reader = this.#readerOf(this.#stderr, stderr);
  }

  #readerOf(stream: Stream, pipe: Pipe): OutputReader {
    const { stamper, mirror, shown } = stream;
    return new OutputReader({
      pipe,
      buffer: stamper.input,
      onRead: (length) => {
        stream.bytes += length;
        const bytes = stamper.input.subarray(0, length);
        const visible = shown === undefined ? bytes : Buffer.from(shown.take(bytes));
        if (visible.length > 0) mirror?.write(visible);
        this.#parts.watcher?.take(stream.name, bytes);
        stamper.take(length);
        stream.unfinished.look();
      },
      wantsMore: () => !this.#outlet.isFull && mirror?.isFull !== true,
    });
  }

  async #readersEnd(patienceMs: number): Promise<void> {
    const ends = [this.#stdout, this.#stderr].map(({ reader }) => reader?.ended);
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(patienceMs, resolve);
      void Promise.all(ends).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /**
   * Ends the readers. If a process still has a stream open, returns where its output goes; the next
   * command then gets new pipes.
   */
  #finish(): false | RemainingOutput {
    let isHeld = false;
    for (const { name, stamper, reader, unfinished } of this.#takeReaders()) {
      if (reader.finish()) isHeld = true;
      unfinished.cancel();
      this.#parts.watcher?.end(name);
      if (stamper.end()) this.note(`the last line of ${name} has no newline`);
    }
    if (!isHeld) return false;
    const remaining = this.#readOn();
    this.#dropPipes();
    return remaining;
  }

  #readOn(): RemainingOutput {
    const { readsOn, maxBytes } = this.#parts;
    if (!readsOn || this.#pipes === undefined) return { is: 'unread' };
    return readOn(this.#pipes, { logPath: this.#path, maxBytes });
  }

  #takeReaders() {
    return [this.#stdout, this.#stderr].flatMap((stream) => {
      const { name, stamper, reader, unfinished } = stream;
      stream.reader = undefined;
      return reader === undefined ? [] : { name, stamper, reader, unfinished };
    });
  }

  #resume(): void {
    this.#stdout.reader?.resume();
    this.#stderr.reader?.resume();
  }

  #dropPipes(): void {
    for (const pipe of this.#pipes ?? []) pipe.close();
    this.#pipes = undefined;
  }

  #closeWriters(): void {
    for (const fd of this.#writers ?? []) closeSync(fd);
    this.#writers = undefined;
  }

  #write(level: Level, text: string): void {
    this.#put(this.#line(level, text));
  }

  #put(line: Buffer): void {
    if (this.#bound?.takes(line)) return;
    this.#turnPageIfFull(line.length);
    this.#outlet.writeSurely(line);
  }

  #line(level: Level, text: string): Buffer {
    return Buffer.from(`${this.#stamps.prefix(level)}${printable(text)}\n`);
  }
}
