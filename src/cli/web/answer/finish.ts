/** The last step of an answer that is whole: its ETag, by which nothing is sent twice, and compression. Streams pass as they are. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { MiddlewareHandler } from 'hono';
import { clockless } from './clockless.ts';

const compress = promisify(gzip);

/** A smaller answer is one packet either way. */
const compressedFrom = 2048;

const whole = /^(?:text\/(?:html|css|javascript|plain)|application\/json)\b/;

export function finish(nowMs: () => number): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { res, req } = context;
    if (!res.ok || res.body === null || !whole.test(res.headers.get('Content-Type') ?? '')) return;
    // A download is a stream of any length; what says that it varies is finished.
    if (res.headers.has('Content-Disposition') || res.headers.has('Vary')) return;
    const body = Buffer.from(await res.arrayBuffer());
    const headers = new Headers(res.headers);
    const tag = headers.get('ETag') ?? tagOf(body, headers, nowMs());
    headers.set('ETag', tag);
    headers.set('Vary', 'Accept-Encoding');
    if (asksFor(req.header('If-None-Match'), tag)) {
      headers.delete('Content-Type');
      context.res = new Response(null, { status: 304, headers });
      return;
    }
    if (body.length < compressedFrom || !acceptsGzip(req.header('Accept-Encoding'))) {
      context.res = new Response(body, { status: res.status, headers });
      return;
    }
    headers.set('Content-Encoding', 'gzip');
    headers.delete('Content-Length');
    context.res = new Response(await compress(body, { level: 5 }), { status: res.status, headers });
  };
}

/** Weak, since the compressed answer has the same one. */
function tagOf(body: Buffer, headers: Headers, nowMs: number): string {
  const isPage = (headers.get('Content-Type') ?? '').startsWith('text/html');
  const hash = createHash('sha256').update(isPage ? clockless(body.toString('utf8'), nowMs) : body);
  return weakTag(hash.digest());
}

export function weakTag(hash: Buffer): string {
  return `W/"${hash.toString('base64url').slice(0, 27)}"`;
}

export function acceptsGzip(encodings: string | undefined): boolean {
  return /\bgzip\b(?!;\s*q=0(?:\.0*)?(?:,|$))/.test(encodings ?? '');
}

/** True when the reader has what has this tag. */
export function asksFor(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false;
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag.slice(2));
}
