/**
 * A log that grows as server-sent events. The id of each is the byte behind its lines, so a browser that has lost its connection goes on exactly
 * there. Nothing is read before the reader has taken what was sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { clock } from '../../../system/time/clock.ts';
import { defined } from '../../../text/defined.ts';
import { type FollowedLog, followLog, type LogPoint, type LogStep } from '../read/follow-log.ts';
import type { LineWish, Place } from '../read/line-search.ts';
import { stallMs, streamHeaders } from './stream.ts';

export interface LogStreamParts {
  /** Finds the log; `name` is that of the log that the reader was in. */
  readonly find: (name: string | undefined) => FollowedLog | undefined;
  readonly wish: LineWish;
  /** A line as this reader gets it. */
  readonly show: (line: Place) => unknown;
  /** Ends all streams. */
  readonly ended: AbortSignal;
}

/** With the listeners of the feed fewer than the connections that the server takes. */
const mostStreams = 16;
let streams = 0;

const lookMs = 300;
const pingMs = 15_000;

export async function logStreamAnswer(context: Context, parts: LogStreamParts): Promise<Response> {
  const lastId = context.req.header('Last-Event-ID');
  const place = lastId === undefined ? placeOf(context.req.query('from')) : placeOf(lastId);
  if (place === undefined) return context.text('from is a byte\n', 400);
  const log = parts.find(place.name);
  if (log === undefined) return context.text('there is no such log\n', 404);
  if (context.req.method === 'HEAD') return context.body(null, 200, streamHeaders);
  if (streams >= mostStreams) return context.text('too many listen already\n', 503, { 'Retry-After': '30' });
  const pause = () => new Promise<void>((resolve) => clock.after(lookMs, resolve));
  // Of another log than the one that was read the beginning is new.
  const from = place.name === undefined || place.name === log.name ? place.point : { at: 0 };
  const steps = followLog({ log, from, wish: parts.wish, pause });
  streams += 1;
  const first = await begin(steps);
  if (first.is === 'gone') return close(context.text('the log is not there\n', 404));
  // With this answer a browser asks no more.
  if (first.is === 'end' && lastId !== undefined) return close(context.body(null, 204));
  const { incoming } = (context.env ?? {}) as { readonly incoming?: IncomingMessage };
  incoming?.socket.setTimeout(stallMs);
  return context.body(eventStream(first, steps, parts), 200, streamHeaders);
}

function close(answer: Response): Response {
  streams -= 1;
  return answer;
}

async function begin(steps: AsyncGenerator<LogStep, void, void>): Promise<LogStep> {
  try {
    const { value } = await steps.next();
    return value ?? { is: 'end' };
  } catch (error) {
    streams -= 1;
    throw error;
  }
}

interface StreamPlace {
  readonly name?: string;
  readonly point?: LogPoint;
}

/** `NAME/BYTE.CHECK`, as in the id of an event; only the byte must be there. `undefined` when it is none. */
function placeOf(text: string | undefined): StreamPlace | undefined {
  if (text === undefined) return {};
  const [, name, at, check] = /^(?:([\w.@-]{1,255})\/)?(\d{1,15})(?:\.([0-9a-f]{8}))?$/.exec(text) ?? [];
  return at === undefined ? undefined : { point: { at: Number(at), ...defined({ check }) }, ...defined({ name }) };
}

function eventStream(
  first: LogStep,
  steps: AsyncGenerator<LogStep, void, void>,
  parts: LogStreamParts,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting: LogStep | undefined = first;
  let isClosed = false;
  let spokeMs = clock.monotonicMs();
  const end = async () => {
    if (isClosed) return;
    isClosed = true;
    streams -= 1;
    await steps.return();
  };
  const next = async (): Promise<LogStep | undefined> => {
    const known = waiting;
    waiting = undefined;
    if (known !== undefined) return known;
    try {
      const { value } = await steps.next();
      return parts.ended.aborted ? undefined : (value ?? undefined);
    } catch (error) {
      await end();
      throw error;
    }
  };
  return new ReadableStream(
    {
      start(controller) {
        controller.enqueue(encoder.encode('retry: 1000\n\n'));
      },
      async pull(controller) {
        for (;;) {
          const step = await next();
          if (isClosed) return;
          if (step === undefined) {
            await end();
            return controller.close();
          }
          const isQuiet = step.is === 'nothing' && clock.monotonicMs() - spokeMs < pingMs;
          if (isQuiet) continue;
          spokeMs = clock.monotonicMs();
          return controller.enqueue(encoder.encode(eventText(step, parts.show)));
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

function eventText(step: LogStep, show: (line: Place) => unknown): string {
  switch (step.is) {
    case 'lines': {
      const { at, check = '' } = step.point;
      const id = `id: ${step.name}/${at}.${check}\n`;
      // Without data it is no event, and its id counts all the same.
      if (step.lines.length === 0) return `${id}\n`;
      return `event: lines\n${id}data: ${JSON.stringify({ lines: step.lines.map(show), to: at })}\n\n`;
    }
    case 'restarted':
    case 'next-log':
      return `event: ${step.is}\nid: ${step.name}/0\ndata: ${JSON.stringify({ log: step.name })}\n\n`;
    case 'gone':
      return 'event: gone\ndata: {}\n\n';
    case 'end':
      return 'event: end\ndata: {}\n\n';
    case 'nothing':
      return ': ping\n\n';
    default:
      return step satisfies never;
  }
}
