/**
 * Picks the lines about cron, about sleep and about the clock from the system log. It reads three
 * formats of time.
 */

import { printable } from '../../text/printable.ts';
import { dayMs, type Zone } from '../../zone/zone.ts';
import type { CronLogLine } from './evidence.ts';

export interface LogSpan {
  readonly fromMs: number;
  readonly untilMs: number;
  /** IANA name, for times without an offset. */
  readonly hostZone: Zone;
}

/** The limit of lines; more of them say nothing new. */
const mostLines = 2000;

/**
 * Returns lines of syslog files, traditional or with ISO times, or of `journalctl -o short-unix`;
 * oldest first.
 */
export function cronLogLines(text: string, span: LogSpan): readonly CronLogLine[] {
  const found: CronLogLine[] = [];
  for (const line of text.split('\n')) {
    if (!/cron|run-job|suspend|hibernation|sleep|time has been changed|clock/i.test(line)) continue;
    const read = readLine(line, span);
    if (read !== undefined && isWanted(read.text) && read.atMs >= span.fromMs && read.atMs <= span.untilMs)
      found.push(read);
  }
  return found.slice(-mostLines);
}

function isWanted(text: string): boolean {
  const kernel = /^kernel: .*(?:PM: |suspend)/;
  return (
    /^(?:\S*cron\S*|run-job|systemd-sleep|systemd-logind|systemd|systemd-timesyncd|chronyd|ntpd)(?:\[\d+\])?:/i.test(
      text,
    ) || kernel.test(text)
  );
}

/** The time, and the text behind the name of the host. */
function readLine(line: string, { hostZone, untilMs }: LogSpan): CronLogLine | undefined {
  const unix = /^(\d{9,11}\.\d+) \S+ (.*)$/.exec(line);
  if (unix !== null) return { atMs: Math.floor(Number(unix[1]) * 1000), text: printable(unix[2] ?? '') };
  const iso = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) \S+ (.*)$/.exec(line);
  if (iso !== null) return dated(Date.parse(iso[1] ?? ''), iso[2]);
  const old = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) \S+ (.*)$/.exec(line);
  return old === null ? undefined : dated(oldTime(`${old[1]} ${old[2]}`, old[3] ?? '', { hostZone, untilMs }), old[4]);
}

function dated(atMs: number, text = ''): CronLogLine | undefined {
  return Number.isNaN(atMs) ? undefined : { atMs, text: printable(text) };
}

/** The milliseconds of a time without a year: the latest one that is not in the future. */
function oldTime(day: string, time: string, { hostZone, untilMs }: Omit<LogSpan, 'fromMs'>): number {
  const year = new Date(untilMs + dayMs).getUTCFullYear();
  const at = (y: number) => {
    const local = Date.parse(`${day} ${y} ${time} UTC`);
    return Number.isNaN(local) ? local : local - hostZone.offsetAt(local);
  };
  const here = at(year);
  return here > untilMs + dayMs ? at(year - 1) : here;
}
