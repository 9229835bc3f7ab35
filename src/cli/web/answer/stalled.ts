/** Closes the connections of readers who do not take their answer, also of those who go on sending meanwhile: the time limit of a socket counts both ways. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Returns a text that changes whenever something is written for the reader or taken; `undefined` when nothing waits, or when Node does not tell. */
function waitingOf(socket: Socket): string | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null };
  const queued = handle?.writeQueueSize;
  return queued === undefined || queued === 0 ? undefined : `${queued} ${socket.bytesWritten} ${socket.writableLength}`;
}

/** So many looks in a row must see nothing taken: one look after a pause of this process says nothing. */
const mostLooks = 5;

/** A connection is closed when an answer waits on it of which nothing was taken for about so long. */
export function closeStalled(server: Server, stallMs: number): void {
  const connections = new Map<Socket, { readonly waiting: string | undefined; readonly looks: number }>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, { waiting: undefined, looks: 0 });
    socket.once('close', () => connections.delete(socket));
  });
  const look = () => {
    for (const [socket, { waiting, looks }] of connections) {
      const now = waitingOf(socket);
      if (now === undefined || now !== waiting) connections.set(socket, { waiting: now, looks: 0 });
      else if (looks + 1 >= mostLooks) socket.destroy();
      else connections.set(socket, { waiting, looks: looks + 1 });
    }
  };
  const timer = setInterval(look, stallMs / mostLooks).unref();
  server.once('close', () => clearInterval(timer));
}
