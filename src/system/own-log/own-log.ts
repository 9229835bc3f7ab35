/**
 * The log in which run-job records its own actions. winston is loaded with the first entry that
 * needs it. An entry of level info that only syslog gets, such as the line that every run leaves,
 * goes there directly.
 */
import process from 'node:process';
import type { Delivery } from '../types/message.ts';
import type { LogLevel, OwnLog, OwnLogSettings } from '../types/own-log.ts';
import { entryForSyslog, type Fields, isWanted, type LogEntry } from './entry.ts';
import { hasJournal, writeJournal } from './journald.ts';
import { type SyslogTarget, writeSyslog } from './syslog.ts';
import type { createWinstonLog, EntrySink } from './winston-log.ts';

export interface OwnLogOptions {
  readonly settings: OwnLogSettings;
  /** True under cron: then the console shows only warnings and errors. */
  readonly byTheClock: boolean;
  /**
   * `() => import('./winston-log.ts')` of src/cli, where such an import is the border of a bundle.
   */
  readonly load: () => Promise<{ readonly createWinstonLog: typeof createWinstonLog }>;
  /** A socket that tests use instead of /dev/log. */
  readonly syslogSocket?: string;
}

/** The longest wait for a file system or syslog daemon that hangs. */
const patienceMs = 5000;

export function createOwnLog(options: OwnLogOptions): OwnLog {
  return new LazyLog(options);
}

class LazyLog implements OwnLog {
  readonly #settings: OwnLogSettings;
  readonly #load: OwnLogOptions['load'];
  readonly #consoleLevel: LogLevel;
  readonly #target: SyslogTarget;
  /** Messages on their way to syslog without winston. */
  readonly #direct = new Set<Promise<void>>();
  #sink: Promise<EntrySink | undefined> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ settings, byTheClock, load, syslogSocket }: OwnLogOptions) {
    const facility = settings.syslog?.facility ?? 'cron';
    this.#settings = settings;
    this.#load = load;
    this.#consoleLevel = byTheClock && isWanted('info', settings.level) ? 'warn' : settings.level;
    this.#target = syslogSocket === undefined ? { facility } : { facility, socket: syslogSocket };
  }

  note(level: LogLevel, message: string, fields: Fields = {}, details: Fields = {}): void {
    if (this.#closing !== undefined || !isWanted(level, this.#settings.level)) return;
    const entry: LogEntry = { level, message, fields, details, atMs: Date.now() };
    const { syslog, file } = this.#settings;
    const isShown = this.#settings.console && isWanted(level, this.#consoleLevel);
    const isForSyslogOnly = file === undefined && !isShown;
    if (isForSyslogOnly && syslog === undefined) return;
    if (isForSyslogOnly && level === 'info' && this.#sink === undefined) {
      this.#await(toSystemLog(entry, this.#target));
      return;
    }
    this.#sink ??= this.#open();
    void this.#sink.then((sink) => sink?.write(entry));
  }

  close(): Promise<void> {
    this.#closing ??= withPatience(this.#end());
    return this.#closing;
  }

  async #open(): Promise<EntrySink | undefined> {
    const onProblem = (reason: string) => this.#toSyslog('error', `run-job's own log is incomplete: ${reason}`);
    try {
      const { createWinstonLog } = await this.#load();
      // Direct messages must come before those of winston.
      await Promise.all(this.#direct);
      const [settings, consoleLevel, target] = [this.#settings, this.#consoleLevel, this.#target];
      return createWinstonLog({ settings, consoleLevel, target, onProblem, onSyslogProblem: complain });
    } catch (error) {
      onProblem((error as Error).message);
      return undefined;
    }
  }

  async #end(): Promise<void> {
    const sink = await this.#sink;
    await sink?.end();
    await Promise.all(this.#direct);
  }

  #toSyslog(level: LogLevel, text: string): void {
    this.#await(writeSyslog(level, text, this.#target));
  }

  #await(written: Promise<Delivery>): void {
    const reported = written.then((delivery) => (delivery.ok ? undefined : complain(delivery.reason)));
    this.#direct.add(reported);
    // A supervisor logs for months.
    void reported.then(() => this.#direct.delete(reported));
  }
}

/** To the journal with its fields, where there is one; tests with a socket of their own have none. */
function toSystemLog(entry: LogEntry, target: SyslogTarget): Promise<Delivery> {
  if (target.socket === undefined && hasJournal()) return writeJournal(entry, target);
  return writeSyslog(entry.level, entryForSyslog(entry), target);
}

/**
 * Reports on stderr that the system log fails. It is seen at a terminal and under systemd, not
 * under cron.
 */
function complain(reason: string): void {
  process.stderr.write(`run-job: can't write to the system log: ${reason}\n`);
}

async function withPatience(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work, enough]);
  clearTimeout(timer);
}
