/**
 * Carries entries of run-job's own log through winston to the transports that are configured.
 * Loaded with the first of them.
 */
import process from 'node:process';
import winston from 'winston';
import type { Delivery } from '../types/message.ts';
import type { LogLevel, OwnLogSettings } from '../types/own-log.ts';
import { appendLines } from './append.ts';
import { entryForFile, entryForSyslog, type LogEntry, logLevels } from './entry.ts';
import { type SyslogTarget, writeSyslog } from './syslog.ts';

/** Where entries go once winston is there. */
export interface EntrySink {
  write(entry: LogEntry): void;
  /**
   * Resolves when every transport is done with every entry; a transport that hangs keeps it
   * waiting.
   */
  end(): Promise<void>;
}

export interface WinstonLogOptions {
  readonly settings: OwnLogSettings;
  /** The least grave level that is shown on the console. */
  readonly consoleLevel: LogLevel;
  /** Told once, in words, when entries can't be written. */
  readonly onTrouble: (reason: string) => void;
  readonly onSyslogTrouble: (reason: string) => void;
  readonly target: SyslogTarget;
}

export function createWinstonLog(options: WinstonLogOptions): EntrySink {
  const logger = winston.createLogger({
    level: options.settings.level,
    levels: Object.fromEntries(logLevels.map((level, order) => [level, order])),
    // Each transport words entries for itself.
    format: winston.format((info) => info)(),
    transports: transports(options),
    exitOnError: false,
  });
  logger.on('error', (error: Error) => options.onTrouble(error.message));
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
  onTrouble,
  onSyslogTrouble,
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
    made.push(batchTransport(append, onTrouble));
  }
  if (syslog !== undefined) {
    made.push(batchTransport((entries) => toSyslog(entries, target), onSyslogTrouble));
  }
  return made;
}

/** Every level goes to stderr: stdout is for what a program was asked for. */
function consoleTransport(format: OwnLogSettings['format'], level: LogLevel): winston.transport {
  // A reader of stderr that went away is no reason to end.
  process.stderr.on('error', () => {});
  return new winston.transports.Console({
    level,
    stderrLevels: [...logLevels],
    format: winston.format.printf((info) => entryForFile(info as unknown as LogEntry, format)),
  });
}

/** winston's base class, which its types call by another name and don't let be constructed. */
const { Transport } = winston as unknown as {
  readonly Transport: new (options: {
    readonly highWaterMark: number;
    log(entry: LogEntry, done: () => void): void;
    logv(writes: readonly { readonly chunk: LogEntry }[], done: () => void): void;
  }) => winston.transport;
};

type Deliver = (entries: readonly LogEntry[]) => Promise<Delivery>;

/**
 * What is noted while a delivery is under way goes with the next one, all together. winston's own
 * File transport would create missing directories, hide a full disk and then never finish.
 */
function batchTransport(deliver: Deliver, onTrouble: (reason: string) => void): winston.transport {
  let troubled = false;
  const hand = async (entries: readonly LogEntry[], done: () => void) => {
    const delivery = await deliver(entries);
    if (!delivery.ok && !troubled) onTrouble(delivery.reason);
    troubled ||= !delivery.ok;
    done();
  };
  return new Transport({
    // A transport that is slow must not hold up the others.
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
 * One logger(1) for each stretch of entries of one level, since it has one priority for all that it
 * reads.
 */
async function toSyslog(entries: readonly LogEntry[], target: SyslogTarget): Promise<Delivery> {
  for (let start = 0, end = 0; start < entries.length; start = end) {
    const level = entries[start]?.level ?? 'info';
    while (entries[end]?.level === level) end++;
    const lines = entries.slice(start, end).map((entry) => entryForSyslog(entry));
    const delivery = await writeSyslog(level, lines.join('\n'), target);
    if (!delivery.ok) return delivery;
  }
  return { ok: true };
}
