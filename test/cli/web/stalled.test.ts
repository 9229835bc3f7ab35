/** A reader who asks and does not take the answer is closed out, also when it goes on sending. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { closeStalled } from '../../../src/cli/web/answer/stalled.ts';

const much = Buffer.alloc(64 * 1024 * 1024);

test('a connection on which an answer waits and nothing is taken is closed; the others go on', async () => {
  const server = createServer((_request, response) => response.end(much));
  closeStalled(server, 2000);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const slow = connect(port, '127.0.0.1');
  slow.on('error', () => undefined).pause();
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [socket] = await once(server, 'connection');
  const sending = setInterval(() => slow.write('\r\n'), 20);
  const [answer] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
  let taken = 0;
  for await (const part of answer) taken += part.length;
  assert.equal(taken, much.length);
  if (!socket.destroyed) await once(socket, 'close');
  clearInterval(sending);
  slow.destroy();
  server.close();
  await once(server, 'close');
});
