/** One HTTP request to one member of etcd, by node:http or node:https, which load faster than fetch. */

import http from 'node:http';
import type { Agent } from 'node:https';
import process from 'node:process';

export interface Tls {
  /** PEM; the host's authorities without it. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type Exchange =
  | {
      readonly is: 'answered';
      readonly status: number;
      readonly body: string;
      /** The member's clock when it answered, cut to whole seconds; undefined without a Date. */
      readonly dateMs: number | undefined;
      readonly tookMs: number;
    }
  /** The request may have been carried out all the same. */
  | { readonly is: 'failed'; readonly reason: string };

/** A job has some dozens of small keys, so more than this is not an answer of etcd. */
const answerLimitBytes = 32 * 1024 * 1024;

export class Connections {
  readonly #http = new http.Agent({ keepAlive: true });
  readonly #tls: Tls;
  #https: Agent | undefined;

  constructor(tls: Tls) {
    this.#tls = tls;
  }

  close(): void {
    this.#http.destroy();
    this.#https?.destroy();
  }

  post(url: URL, body: string, { token, timeoutMs }: { readonly token?: string; readonly timeoutMs: number }) {
    return new Promise<Exchange>((resolve) => {
      const sentMs = performance.now();
      const { send, agent } = this.#by(url);
      const request = send(url, {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(token !== undefined && { authorization: token }),
        },
        signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
      });
      const fail = (error: Error) => resolve({ is: 'failed', reason: reasonOf(error, timeoutMs) });
      request.on('error', fail);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('error', fail);
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > answerLimitBytes) request.destroy(new Error('the answer is too large'));
          else parts.push(part);
        });
        response.on('end', () => {
          const dateMs = Date.parse(response.headers.date ?? '');
          resolve({
            is: 'answered',
            status: response.statusCode ?? 0,
            body: Buffer.concat(parts).toString(),
            dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
            tookMs: performance.now() - sentMs,
          });
        });
      });
      request.end(body);
    });
  }

  #by({ protocol }: URL) {
    if (protocol !== 'https:') return { send: http.request, agent: this.#http };
    // It loads TLS and cryptography, which takes longer than all requests of a claim.
    const https = process.getBuiltinModule('node:https');
    this.#https ??= new https.Agent({ keepAlive: true, ...this.#tls });
    return { send: https.request, agent: this.#https };
  }
}

function reasonOf(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer in ${Math.round(timeoutMs)} ms`;
  const { errors } = error as Error & { errors?: readonly Error[] };
  // One error for each address of the host.
  return errors === undefined ? error.message : errors.map(({ message }) => message).join('; ');
}
