/**
 * Writes to the system log through logger(1), because Node has no Unix datagram sockets. It needs
 * no configuration, so that a failure before the own log exists can be reported too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { printable } from '../../text/printable.ts';
import type { Delivery } from '../types/message.ts';
import type { LogLevel } from '../types/own-log.ts';

export interface SyslogTarget {
  readonly facility: string;
  /** The program's name in the log; run-job by default. */
  readonly tag?: string;
  /** A socket that tests use instead of /dev/log. */
  readonly socket?: string;
}

/** The longest wait for logger(1), which a syslog daemon that does not read can block. */
const limitMs = 2000;

/** rsyslog's default limit of a message; logger(1) by itself cuts at 1 KiB. */
const messageBytes = 8192;

export const severities = { error: 'err', warn: 'warning', info: 'info', debug: 'debug' } as const satisfies Record<
  LogLevel,
  string
>;

/**
 * Sends each line of the text as one message. Resolves when all are handed over; never rejects. A
 * host without systemd and without /dev/log has no system log, which is not a failure.
 */
export async function writeSyslog(
  level: LogLevel,
  text: string,
  { facility, tag = 'run-job', socket }: SyslogTarget = { facility: 'cron' },
): Promise<Delivery> {
  const args = [
    // Without --id: for root logger(1) would send that process's credentials, which a container
    // forbids, and lose the message.
    ...['--tag', `${tag}[${process.pid}]`, '--priority', `${facility}.${severities[level]}`],
    ...['--skip-empty', '--size', String(messageBytes)],
    ...(socket === undefined ? [] : ['--socket', socket]),
  ];
  return runLogger(args, `${text.split('\n').map(printable).join('\n')}\n`);
}

/** Hands a text to logger(1). Never rejects. */
export async function runLogger(args: readonly string[], input: string): Promise<Delivery> {
  try {
    // logger is not part of the run: its environment has no mark, and Ctrl-C at the terminal does
    // not reach it.
    const child = spawn('/usr/bin/logger', args, {
      ...{ cwd: '/', env: {}, detached: true, timeout: limitMs, killSignal: 'SIGKILL' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [code, signal] = await once(child, 'close');
    // logger exits with 0 also when it could not send a message, and says so on stderr.
    if (words !== '') return { ok: false, reason: printable(words.trim()) };
    if (signal !== null) return { ok: false, reason: 'logger: it hangs' };
    return code === 0 ? { ok: true } : { ok: false, reason: `logger: exit code ${code}` };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
