/** The answer that is a shared text: its parts go out one by one, each when the reader has taken the one before. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { acceptsGzip, asksFor } from './finish.ts';
import type { Shared, Text } from './shared-text.ts';

export async function sharedAnswer(context: Context, text: Text, type: string): Promise<Response> {
  const headers = { 'Content-Type': type, ETag: text.tag, Vary: 'Accept-Encoding' };
  if (asksFor(context.req.header('If-None-Match'), text.tag))
    return context.body(null, 304, { ETag: text.tag, Vary: 'Accept-Encoding' });
  const isGzip = acceptsGzip(context.req.header('Accept-Encoding'));
  const shared = isGzip ? await text.gzip() : text.plain();
  const { incoming } = (context.env ?? {}) as { readonly incoming?: IncomingMessage };
  return context.body(bodyOf(shared, text, incoming), 200, {
    ...headers,
    'Content-Length': String(shared.sizeBytes),
    ...(isGzip && { 'Content-Encoding': 'gzip' }),
  });
}

function bodyOf(shared: Shared, text: Text, incoming: IncomingMessage | undefined): ReadableStream<Uint8Array> {
  // A reader who is sent away while it takes nothing must not keep the text.
  let rest: Iterator<Uint8Array> | undefined = shared.parts.values();
  let held: { release(): void } | undefined;
  return new ReadableStream(
    {
      pull(controller) {
        held ??= text.hold(() => {
          rest = undefined;
          // The text ends before its length: that is how its reader sees that it is not whole.
          incoming?.socket.destroy();
        });
        const next = rest?.next();
        if (next === undefined) return controller.error(new Error('taken too slowly'));
        if (next.done !== true) return controller.enqueue(next.value);
        held.release();
        return controller.close();
      },
      cancel() {
        rest = undefined;
        held?.release();
      },
    },
    { highWaterMark: 0 },
  );
}
