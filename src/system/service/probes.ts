/** Probes a service: over HTTP, by a connection, or by a command. */
import http from 'node:http';
import { connect } from 'node:net';
import { defined } from '../../text/defined.ts';
import { printable } from '../../text/printable.ts';
import { signalName } from '../../text/signal.ts';
import { type BoundedEnd, runBounded } from '../process/bounded-program.ts';
import { clock } from '../time/clock.ts';
import type { ProbeAnswer, ProbeCommand, Probes } from '../types/service.ts';

/** The part of a body that a probe can compare. */
const bodyLimit = 64 * 1024;
const wordsLimit = 200;

/**
 * Errors that mean that this host ran out of something or forbids it, not that the service failed.
 */
const ownErrors = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EACCES']);

export const probes: Probes = { http: askHttp, tcp: askTcp, command: askCommand };

function refused({ code, message }: NodeJS.ErrnoException): ProbeAnswer {
  const reason = printable(message || (code ?? 'it failed'));
  return { is: code !== undefined && ownErrors.has(code) ? 'unknown' : 'failure', reason };
}

function tooLate(timeoutMs: number): ProbeAnswer {
  return { is: 'failure', reason: `no answer within ${timeoutMs / 1000} s` };
}

/**
 * Resolves with the first answer, or with `late` when the time is over. Then calls the function
 * that `ask` returned.
 */
function timed<T>(timeoutMs: number, ask: (answer: (value: T) => void) => () => void, late: T): Promise<T> {
  return new Promise((resolve) => {
    let giveUp = () => {};
    const timer = clock.after(timeoutMs, () => settle(late));
    let isSettled = false;
    const settle = (value: T) => {
      if (isSettled) return;
      isSettled = true;
      timer.cancel();
      giveUp();
      resolve(value);
    };
    giveUp = ask(settle);
    if (isSettled) giveUp();
  });
}

function askHttp(port: number, path: string, timeoutMs: number) {
  type Answer = Awaited<ReturnType<Probes['http']>>;
  return timed<Answer>(
    timeoutMs,
    (answer) => {
      const request = http.get({ host: '127.0.0.1', port, path, agent: false, headers: { connection: 'close' } });
      request.once('error', (error) => answer(refused(error)));
      request.once('response', (response) => {
        let body = '';
        const { location } = response.headers;
        const shown = location === undefined ? undefined : printable(location).slice(0, wordsLimit);
        const done = () =>
          answer({ is: 'response', code: response.statusCode ?? 0, body, ...defined({ location: shown }) });
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
          if (body.length > bodyLimit) done();
        });
        response.once('end', done);
        response.once('error', (error) => answer(refused(error)));
      });
      return () => request.destroy();
    },
    tooLate(timeoutMs),
  );
}

function askTcp(port: number, timeoutMs: number): Promise<ProbeAnswer> {
  return timed<ProbeAnswer>(
    timeoutMs,
    (answer) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => answer({ is: 'success' }));
      socket.on('error', (error) => answer(refused(error)));
      return () => socket.destroy();
    },
    tooLate(timeoutMs),
  );
}

/**
 * Runs the command. When this resolves no process of it is left, so an instance never has two
 * probes at a time.
 */
async function askCommand(command: ProbeCommand, timeoutMs: number): Promise<ProbeAnswer> {
  let said = '';
  const run = runBounded({
    ...command,
    limitMs: timeoutMs,
    listensTo: 'both',
    leftovers: 'kill',
    onOutput: (text) => {
      said = (said + text).slice(-wordsLimit);
    },
  });
  const end = await run.end;
  const survivors = await run.gone;
  const left = survivors.length === 0 ? '' : `; could not be killed: ${survivors.map(({ pid }) => pid).join(', ')}`;
  const answer = answerOf(end, timeoutMs, said);
  return answer.is === 'success' ? answer : { ...answer, reason: answer.reason + left };
}

function answerOf(end: BoundedEnd, timeoutMs: number, said: string): ProbeAnswer {
  if (end.is === 'late') return tooLate(timeoutMs);
  if (end.is === 'not-started') return { is: 'unknown', reason: printable(end.reason) };
  const { status } = end;
  if (status.is === 'unknown') return { is: 'unknown', reason: printable(status.reason) };
  if (status.is === 'exited' && status.code === 0) return { is: 'success' };
  const how = status.is === 'exited' ? `exit code ${status.code}` : `ended by ${signalName(status.signal)}`;
  const lastLine = said.trim().split('\n').at(-1) ?? '';
  return { is: 'failure', reason: how, ...(lastLine !== '' && { said: printable(lastLine) }) };
}
