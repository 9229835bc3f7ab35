/** The feed as server-sent events. They say only which jobs have changed; the reader asks for its own address again. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { Feed, Listener } from './feed.ts';

/** A connection on which not even a ping has gone out for so long is closed. */
export const stallMs = 30_000;

export const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // nginx would hold the events back.
  'X-Accel-Buffering': 'no',
};

export function changesAnswer(context: Context, feed: Feed): Response {
  if (context.req.method === 'HEAD') return context.body(null, 200, streamHeaders);
  const listener = feed.listen();
  if (listener === undefined) return context.text('too many listen already\n', 503, { 'Retry-After': '30' });
  const { incoming } = (context.env ?? {}) as { readonly incoming?: IncomingMessage };
  incoming?.socket.setTimeout(stallMs);
  return context.body(eventStream(listener), 200, streamHeaders);
}

function eventStream(listener: Listener): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 3000\n\n'));
    },
    async pull(controller) {
      const next = await listener.next();
      if (next === undefined) {
        listener.close();
        return controller.close();
      }
      controller.enqueue(encoder.encode(next === 'nothing' ? ': ping\n\n' : eventText(next.seq, next.changed)));
    },
    cancel: () => listener.close(),
  });
}

function eventText(seq: number, changed: ReadonlySet<string> | 'all'): string {
  const data = changed === 'all' ? { all: true } : { jobs: [...changed].sort() };
  return `event: changed\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}
