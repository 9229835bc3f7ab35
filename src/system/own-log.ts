/**
 * run-job's log of its own doings. Loads winston with the first entry that needs it: an entry of level info that only syslog is to
 * have is the line that every run leaves, and goes there directly.
 */
import process from 'node:process';
import { entryForSyslog, isWanted, type LogEntry } from './log-entry.ts';
import { type SyslogTarget, writeSyslog } from './syslog.ts';
import type { LogLevel, OwnLog, OwnLogSettings } from './system.ts';
import type { createWinstonLog, EntrySink } from './winston-log.ts';

export interface OwnLogOptions {
  readonly settings: OwnLogSettings;
  /** Under cron nothing is shown when all is well: the console has warnings and errors only. */
  readonly byTheClock: boolean;
  /** `() => import('./winston-log.ts')` of src/cli, where such an import is the border of a bundle. */
  readonly load: () => Promise<{ readonly createWinstonLog: typeof createWinstonLog }>;
  /** Named instead of /dev/log by tests. */
  readonly syslogSocket?: string;
}

/** A file system or syslog daemon that hangs must not keep run-job. */
const patienceMs = 5000;

export function createOwnLog({ settings, byTheClock, load, syslogSocket }: OwnLogOptions): OwnLog {
  const { console, file, syslog, format, level: lowest } = settings;
  const consoleLevel = byTheClock && isWanted('info', lowest) ? 'warning' : lowest;
  const target = syslogTarget(syslog?.facility, syslogSocket);
  /** What goes to syslog past winston. */
  const direct: Promise<void>[] = [];
  let sink: Promise<EntrySink | undefined> | undefined;
  let closed = false;

  const toSyslog = (level: LogLevel, text: string) => {
    direct.push(
      writeSyslog(level, text, target).then((written) => (written.ok ? undefined : complain(written.reason))),
    );
  };
  const onTrouble = (reason: string) => toSyslog('error', `run-job's own log is incomplete: ${reason}`);
  const open = async () => {
    try {
      const { createWinstonLog } = await load();
      // What went directly comes before what winston brings.
      await Promise.all(direct);
      return createWinstonLog({ settings, consoleLevel, target, onTrouble });
    } catch (error) {
      onTrouble((error as Error).message);
      return undefined;
    }
  };
  const isHeard = (level: LogLevel) =>
    isWanted(level, lowest) &&
    (syslog !== undefined || file !== undefined || (console && isWanted(level, consoleLevel)));
  const isForSyslogOnly = (level: LogLevel) =>
    syslog !== undefined && file === undefined && !(console && isWanted(level, consoleLevel));

  return {
    note(level, message, fields = {}) {
      if (closed || !isHeard(level)) return;
      const entry: LogEntry = { level, message, fields, atMs: Date.now() };
      if (sink === undefined && level === 'info' && isForSyslogOnly(level)) {
        toSyslog(level, entryForSyslog(entry, format));
        return;
      }
      sink ??= open();
      void sink.then((opened) => opened?.write(entry));
    },
    async close() {
      closed = true;
      const written = async () => {
        await (await sink)?.end();
        await Promise.all(direct);
      };
      await withPatience(written());
    },
  };
}

function syslogTarget(facility = 'cron', socket?: string): SyslogTarget {
  return socket === undefined ? { facility } : { facility, socket };
}

/** The last resort. Under cron nobody reads it; at a terminal and under systemd somebody does. */
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
