/**
 * Writes to the system log through logger(1): Node has no datagram sockets of the Unix kind. Needs
 * no configuration, so that what fails before there is a log can be told as well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { printable } from '../../text/printable.ts';
import type { Delivery } from '../types/message.ts';
import type { LogLevel } from '../types/own-log.ts';

export interface SyslogTarget {
  readonly facility: string;
  /** The program that speaks: run-job unless given. */
  readonly tag?: string;
  /** Named instead of /dev/log by tests. */
  readonly socket?: string;
}

/** A syslog daemon that does not read blocks logger(1); nobody waits for it longer than this. */
const limitMs = 2000;

/** rsyslog's usual limit of a message; logger(1) would cut at 1 KiB. */
const messageBytes = 8192;

const severities = { error: 'err', warn: 'warning', info: 'info', debug: 'debug' } satisfies Record<LogLevel, string>;

/**
 * Each line of the text becomes one message. Resolves when all of them are handed over, and never
 * rejects. A machine without systemd and without /dev/log has no system log: that is no failure.
 */
export async function writeSyslog(
  level: LogLevel,
  text: string,
  { facility, tag = 'run-job', socket }: SyslogTarget = { facility: 'cron' },
): Promise<Delivery> {
  try {
    const args = [
      // Not --id: for root logger(1) then sends credentials of that process, which a container
      // forbids, and the message is lost.
      ...['--tag', `${tag}[${process.pid}]`, '--priority', `${facility}.${severities[level]}`],
      ...['--skip-empty', '--size', String(messageBytes)],
      ...(socket === undefined ? [] : ['--socket', socket]),
    ];
    // Not of the run: no mark of one in its environment, and not reached by a Ctrl-C at the
    // terminal.
    const child = spawn('/usr/bin/logger', args, {
      ...{ cwd: '/', env: {}, detached: true, timeout: limitMs, killSignal: 'SIGKILL' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(`${text.split('\n').map(printable).join('\n')}\n`);
    const [code, signal] = await once(child, 'close');
    // A message that could not be sent makes it complain and exit with 0.
    if (words !== '') return { ok: false, reason: printable(words.trim()) };
    if (signal !== null) return { ok: false, reason: 'logger: it hangs' };
    return code === 0 ? { ok: true } : { ok: false, reason: `logger: exit code ${code}` };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
