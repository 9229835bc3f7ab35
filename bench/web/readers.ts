/** Many readers of the page at once, and readers who do not take their answer. */
import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { get } from './page-process.ts';

interface Crowd {
  readonly clients: number;
  readonly forMs: number;
  readonly targets: readonly string[];
}

/** Each client asks for one address after the other, with a connection for each. */
export async function crowd(socket: string, { clients, forMs, targets }: Crowd) {
  const waits: number[] = [];
  let failed = 0;
  const untilMs = performance.now() + forMs;
  const client = async (number: number) => {
    for (let n = number; performance.now() < untilMs; n += 1)
      try {
        const { status, firstByteMs } = await get(socket, targets[n % targets.length] ?? '/');
        if (status === 200) waits.push(firstByteMs);
        else failed += 1;
      } catch {
        failed += 1;
        await after(100);
      }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return { waits, failed };
}

/** Readers who ask and never read. Returns when the page has closed all, and when it has answered somebody else. */
export async function slowReaders(
  socket: string,
  { readers, target }: { readonly readers: number; readonly target: string },
) {
  const beganMs = performance.now();
  const sinceMs = () => performance.now() - beganMs;
  const closings = Array.from({ length: readers }, () => slowReader(socket, target));
  await after(500);
  for (;;)
    try {
      if ((await get(socket, '/jobs')).status === 200) break;
    } catch {
      await after(50);
    }
  const answeredMs = sinceMs();
  await Promise.all(closings);
  return { answeredMs, closedMs: sinceMs() };
}

function slowReader(socket: string, target: string): Promise<void> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.pause();
    connection.on('error', () => resolve()).on('close', () => resolve());
    connection.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    // A paused connection does not see its end: whether it is closed is seen by writing.
    const timer = setInterval(() => {
      if (connection.destroyed) clearInterval(timer);
      else connection.write('\r\n');
    }, 500);
  });
}
