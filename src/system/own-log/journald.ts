/**
 * Writes entries of run-job's own log to the journal of systemd with their fields, so that
 * `journalctl PROCESS_CONTROL_JOB=backup` finds them. logger(1) speaks the journal's protocol.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import type { Delivery } from '../types/message.ts';
import type { LogEntry } from './entry.ts';
import { entryForSyslog } from './entry.ts';
import { runLogger, type SyslogTarget, severities } from './syslog.ts';

/** systemd.journal-fields(7): programs that are not systemd's find the journal here. */
const journalSocket = '/run/systemd/journal/socket';

export function hasJournal(socket: string = journalSocket): boolean {
  return existsSync(socket);
}

/** Random and fixed, as sd_journal_print(3) wants it: the id of entries of one kind. */
const messageIds: Readonly<Record<string, string>> = {
  'run-ended': '6f3c0f6d1f1e4b7c9a5d1e2a8b7c4d90',
};

/** Never rejects. */
export async function writeJournal(entry: LogEntry, target: SyslogTarget): Promise<Delivery> {
  return runLogger(['--journald'], `${journalLines(entry, target).join('\n')}\n`);
}

/** One line for each field; a value never has a line break. */
export function journalLines(entry: LogEntry, { facility, tag = 'run-job' }: SyslogTarget): readonly string[] {
  const { fields, details = {}, level } = entry;
  const { event, ...values } = { ...fields, ...details };
  const messageId = messageIds[String(event)];
  return [
    `MESSAGE=${oneLine(entryForSyslog(entry))}`,
    `PRIORITY=${priorities[severities[level]]}`,
    `SYSLOG_FACILITY=${facilities.indexOf(facility)}`,
    `SYSLOG_IDENTIFIER=${tag}`,
    `SYSLOG_PID=${process.pid}`,
    ...(messageId === undefined ? [] : [`MESSAGE_ID=${messageId}`]),
    ...Object.entries(values).map(([name, value]) => `PROCESS_CONTROL_${fieldName(name)}=${oneLine(String(value))}`),
  ];
}

/** syslog(3): the numbers of the severities that are used here. */
const priorities = { err: 3, warning: 4, info: 6, debug: 7 } as const;

/** syslog(3): each name stands at its number. */
const facilities: readonly string[] = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['', '', '', ''],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

function fieldName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase();
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
