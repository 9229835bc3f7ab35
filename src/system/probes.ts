/** Asks whether a service answers: over HTTP, by a connection, or by a command. */
import { spawn } from 'node:child_process';
import http from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import { printable } from '../yaml/problem.ts';
import { clock } from './clock.ts';
import type { ProbeAnswer, ProbeCommand, Probes } from './system.ts';

/** Nobody compares more. */
const bodyLimit = 64 * 1024;
const wordsLimit = 200;

/** Want of something on our own side says nothing about the service. */
const ownTroubles = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EACCES']);

export const probes: Probes = { http: askHttp, tcp: askTcp, command: askCommand };

function refused({ code, message }: NodeJS.ErrnoException): ProbeAnswer {
  const reason = printable(message || (code ?? 'it failed'));
  return { is: code !== undefined && ownTroubles.has(code) ? 'unknown' : 'failure', reason };
}

function tooLate(timeoutMs: number): ProbeAnswer {
  return { is: 'failure', reason: `no answer within ${timeoutMs / 1000} s` };
}

/** Resolves once: with the answer, or when the time is over; then `giveUp` is called. */
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
        const done = () => answer({ is: 'response', code: response.statusCode ?? 0, body });
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

function askCommand({ argv, environment, workingDirectory }: ProbeCommand, timeoutMs: number): Promise<ProbeAnswer> {
  return timed<ProbeAnswer>(
    timeoutMs,
    (answer) => {
      const [program, ...args] = argv;
      const child = spawn(program, args, {
        cwd: workingDirectory,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        // The leader of a process group: what it starts can be ended with it.
        detached: true,
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said = (said + text).slice(-wordsLimit);
        });
        stream.on('error', () => {});
      }
      child.once('error', (error) => answer({ is: 'unknown', reason: printable(error.message) }));
      // Not "close": a background process of the probe may have its output open for ever.
      child.once('exit', (code, signal) => setImmediate(() => answer(verdict(code, signal, said))));
      return () => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        if (child.pid !== undefined) endGroup(child.pid);
      };
    },
    tooLate(timeoutMs),
  );
}

function verdict(code: number | null, signal: NodeJS.Signals | null, said: string): ProbeAnswer {
  if (code === 0) return { is: 'success' };
  const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
  const lastLine = said.trim().split('\n').at(-1) ?? '';
  return { is: 'failure', reason: lastLine === '' ? how : `${how}: ${printable(lastLine)}` };
}

/** The number still names the group while anything lives in it, and else nobody: it was given away a moment ago. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}
