/**
 * Sends one message over HTTP. undici speaks the protocol, directly or through the proxy of
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY. This file decides how long each step may take, what TLS
 * must prove, and that redirects are not followed.
 */
import { EnvHttpProxyAgent, request } from 'undici';
import type { Delivery } from '../types/message.ts';
import { authoritiesIn, hostAuthorities } from './authorities.ts';
import { undelivered } from './undelivered.ts';

export interface HttpLimits {
  /** The time to connect, with TLS. */
  readonly connectMs: number;
  /** The time from the beginning to the last byte of the answer. */
  readonly totalMs: number;
}

const usualLimits: HttpLimits = { connectMs: 10_000, totalMs: 30_000 };

/** The part of an answer that is quoted in the reason. */
const answerBytes = 200;

export interface HttpPost {
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
  readonly bearer?: string;
}

/**
 * Delivered means that the answer was 2xx. The reason may quote the server, and the server the
 * message: see `withoutSecrets`.
 */
export async function post(
  { url, contentType, body, bearer }: HttpPost,
  limits: HttpLimits = usualLimits,
  authoritiesFile: string = hostAuthorities,
): Promise<Delivery> {
  const tls = { ca: authoritiesIn(authoritiesFile), rejectUnauthorized: true };
  const dispatcher = new EnvHttpProxyAgent({
    connect: { ...tls, timeout: limits.connectMs },
    requestTls: { ...tls, timeout: limits.connectMs },
    proxyTls: { ...tls, timeout: limits.connectMs },
    headersTimeout: limits.totalMs,
    bodyTimeout: limits.totalMs,
  });
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher,
      body,
      headers: {
        'content-type': contentType,
        'user-agent': 'process-control',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      signal: AbortSignal.timeout(limits.totalMs),
    });
    return await judge(answer.statusCode, answer.headers.location, answer.body);
  } catch (error) {
    return undelivered(reasonOf(error as Error, limits));
  } finally {
    // This does not wait for a server that keeps its side open.
    void dispatcher.destroy().catch(() => undefined);
  }
}

async function judge(
  status: number,
  location: string | string[] | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<Delivery> {
  if (status >= 200 && status < 300) return { ok: true };
  if (status >= 300 && status < 400 && location !== undefined) {
    return undelivered(`answered ${status}: redirects are not followed; put the new address into the job file`);
  }
  const words = await firstWords(body);
  return undelivered(`answered ${status}${words === '' ? '' : `: ${words}`}`);
}

async function firstWords(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part);
    length += part.length;
    if (length >= answerBytes) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, answerBytes);
}

function reasonOf(error: Error, { totalMs }: HttpLimits): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no end after ${totalMs / 1000} s`;
  const { errors } = error as Error & { errors?: readonly Error[] };
  // One error for each address of the host.
  return errors === undefined ? error.message : errors.map(({ message }) => message).join('; ');
}
