/**
 * Formats one entry of run-job's own log: as text or JSON for a file, or for syslog, which adds
 * time and process itself.
 */
import process from 'node:process';
import { printable } from '../../text/printable.ts';
import { offsetText } from '../../zone/wall-time.ts';
import { hostZone } from '../time/zones.ts';
import type { LogLevel, OwnLogSettings } from '../types/own-log.ts';

export type Fields = Readonly<Record<string, string | number | boolean>>;

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
  /** More fields, for JSON and the journal; text leaves them out. */
  readonly details?: Fields;
  readonly atMs: number;
}

export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

export function isWanted(level: LogLevel, lowest: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(lowest);
}

type Format = OwnLogSettings['format'];

/**
 * One entry of a file or the console; further lines of a message are indented, so that none can
 * pass for an entry.
 */
export function entryForFile(entry: LogEntry, format: Format): string {
  if (format === 'json') return json(entry);
  return `${localTime(entry.atMs)} run-job[${process.pid}] ${entry.level}: ${entryForSyslog(entry)}`;
}

/** One entry as JSON. A field with the name of one of the entry's own keys gets a suffix. */
function json({ level, message, fields, details, atMs }: LogEntry): string {
  const all = prefixed({ ...fields, ...details });
  return JSON.stringify({ time: new Date(atMs).toISOString(), level, message, pid: process.pid, ...all });
}

function prefixed(fields: Fields): Fields {
  const own = ['time', 'level', 'message', 'pid'];
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [own.includes(key) ? `${key}_` : key, value]));
}

/** The text for syslog, which adds time, process and level itself. */
export function entryForSyslog({ message, fields }: LogEntry): string {
  const lines = message.trimEnd().split('\n').map(printable).join('\n\t');
  return [lines, ...Object.entries(fields).map(([key, value]) => `${key}=${plainOrQuoted(String(value))}`)].join(' ');
}

function plainOrQuoted(value: string): string {
  return /^[^\s"=\p{Cc}\p{Cf}]+$/u.test(value) ? value : printable(JSON.stringify(value));
}

/**
 * `2026-11-22T10:30:00.123+01:00`: comparable with the local times of the jobs' logs, and
 * unambiguous when the clocks change.
 */
function localTime(ms: number): string {
  const offsetMs = hostZone().offsetAt(ms);
  return `${new Date(ms + offsetMs).toISOString().slice(0, -1)}${offsetText(offsetMs)}`;
}
