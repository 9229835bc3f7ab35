/**
 * Sends entries of run-job's own log through winston to the configured transports. Loaded with the
 * first entry.
 */
import process from 'node:process';
import winston from 'winston';
import type { Delivery } from '../types/message.ts';
import type { LogLevel, OwnLogSettings } from '../types/own-log.ts';
import { appendLines } from './append.ts';
import { entryForFile, entryForSyslog, type LogEntry, logLevels } from './entry.ts';
import { hasJournal, writeJournal } from './journald.ts';
import { type SyslogTarget, writeSyslog } from './syslog.ts';

/** The destination of entries when winston is loaded. */
export interface EntrySink {
  write(entry: LogEntry): void;
  /** Resolves when every transport has written every entry. A transport that hangs delays it. */
  end(): Promise<void>;
}

export interface WinstonLogOptions {
  readonly settings: OwnLogSettings;
  /** The least severe level that the console shows. */
  readonly consoleLevel: LogLevel;
  /** Called once, with the reason, when entries can't be written. */
  readonly onProblem: (reason: string) => void;
  readonly onSyslogProblem: (reason: string) => void;
  readonly target: SyslogTarget;
}

export function createWinstonLog(options: WinstonLogOptions): EntrySink {
  const logger = winston.createLogger({
    level: options.settings.level,
    levels: Object.fromEntries(logLevels.map((level, order) => [level, order])),
    // Each transport formats entries itself.
    format: winston.format((info) => info)(),
    transports: transports(options),
    exitOnError: false,
  });
  logger.on('error', (error: Error) => options.onProblem(error.message));
  return {
    write: (entry) => void logger.log({ ...entry }),
    end: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve);
        logger.end();
      }),
  };
}

function transports({
  settings,
  onProblem,
  onSyslogProblem,
  consoleLevel,
  target,
}: WinstonLogOptions): winston.transport[] {
  const { file, syslog, format, console } = settings;
  const made: winston.transport[] = [];
  if (console) made.push(consoleTransport(format, consoleLevel));
  if (file !== undefined) {
    const append: Deliver = (entries) =>
      appendLines(
        file,
        entries.map((entry) => entryForFile(entry, format)),
      );
    made.push(batchTransport(append, onProblem));
  }
  if (syslog !== undefined) {
    made.push(batchTransport((entries) => toSyslog(entries, target), onSyslogProblem));
  }
  return made;
}

/** The console: every level goes to stderr, because stdout is for the program's answer. */
function consoleTransport(format: OwnLogSettings['format'], level: LogLevel): winston.transport {
  // The program goes on when the reader of stderr is gone.
  process.stderr.on('error', () => {});
  return new winston.transports.Console({
    level,
    stderrLevels: [...logLevels],
    format: winston.format.printf((info) => entryForFile(info as unknown as LogEntry, format)),
  });
}

/**
 * winston's base class of transports, which its types declare under another name and without a
 * constructor.
 */
const { Transport } = winston as unknown as {
  readonly Transport: new (options: {
    readonly highWaterMark: number;
    log(entry: LogEntry, done: () => void): void;
    logv(writes: readonly { readonly chunk: LogEntry }[], done: () => void): void;
  }) => winston.transport;
};

type Deliver = (entries: readonly LogEntry[]) => Promise<Delivery>;

/**
 * A transport that delivers in batches: entries that come during a delivery go together with the
 * next one. winston's own File transport would create missing directories, hide a full disk and
 * then never finish.
 */
function batchTransport(deliver: Deliver, onProblem: (reason: string) => void): winston.transport {
  let hasFailed = false;
  const hand = async (entries: readonly LogEntry[], done: () => void) => {
    const delivery = await deliver(entries);
    if (!delivery.ok && !hasFailed) onProblem(delivery.reason);
    hasFailed ||= !delivery.ok;
    done();
  };
  return new Transport({
    // A slow transport must not delay the others.
    highWaterMark: Number.MAX_SAFE_INTEGER,
    log: (entry, done) => void hand([entry], done),
    logv: (writes, done) =>
      void hand(
        writes.map(({ chunk }) => chunk),
        done,
      ),
  });
}

/**
 * Runs one logger(1) for each series of entries of one level, because it has one priority for all
 * lines.
 */
async function toSyslog(entries: readonly LogEntry[], target: SyslogTarget): Promise<Delivery> {
  if (target.socket === undefined && hasJournal()) return toJournal(entries, target);
  for (let start = 0, end = 0; start < entries.length; start = end) {
    const level = entries[start]?.level ?? 'info';
    while (entries[end]?.level === level) end++;
    const lines = entries.slice(start, end).map((entry) => entryForSyslog(entry));
    const delivery = await writeSyslog(level, lines.join('\n'), target);
    if (!delivery.ok) return delivery;
  }
  return { ok: true };
}

async function toJournal(entries: readonly LogEntry[], target: SyslogTarget): Promise<Delivery> {
  for (const entry of entries) {
    const delivery = await writeJournal(entry, target);
    if (!delivery.ok) return delivery;
  }
  return { ok: true };
}
