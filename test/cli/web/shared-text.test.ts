/** Many readers of one long text cost one text; who takes it slowly gets it whole, and who holds an old one for too long is sent away. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { finish } from '../../../src/cli/web/answer/finish.ts';
import { sharedAnswer } from '../../../src/cli/web/answer/shared-answer.ts';
import { sharedText } from '../../../src/cli/web/answer/shared-text.ts';

const pieces = 64;
const pieceBytes = 64 * 1024;
const textBytes = pieces * pieceBytes;
const letters = 'abcdefghijklmnopqrstuvwxyz';

let made = 0;
let nowMs = 0;
const text = sharedText({
  *make() {
    const letter = letters[made] ?? '?';
    made += 1;
    for (let n = 0; n < pieces; n += 1) {
      nowMs += 11;
      yield letter.repeat(pieceBytes);
    }
  },
  monotonicMs: () => nowMs,
  later: setImmediate,
});
/** The time for which a text serves. */
const lifetimeMs = pieces * 11 * 10;

const routes = new Hono();
routes.use(finish(() => 0));
routes.get('/', async (context) => sharedAnswer(context, await text.get(), 'text/plain'));
const socketPath = path.join(os.tmpdir(), `shared-text-${process.pid}.sock`);
const server = createServer(getRequestListener(routes.fetch, { overrideGlobalObjects: false })).listen(socketPath);
await once(server, 'listening');
after(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  const [answer] = await once(get({ socketPath, agent: false, headers: { Host: 'x', ...headers } }), 'response');
  return answer as IncomingMessage;
}

async function bytesOf(answer: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A reader who has the head of an answer and takes no more. */
async function slowReader(): Promise<Socket> {
  const socket = connect(socketPath);
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'readable');
  return socket;
}

const isOf = (body: Buffer, letter: string) => body.equals(Buffer.alloc(textBytes, letter));

test('readers at once and readers soon after share one text; so do those who want it compressed', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask()));
  for (const answer of answers) assert.ok(isOf(await bytesOf(answer), 'a'));
  const zipped = await ask({ 'Accept-Encoding': 'gzip' });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  const small = await bytesOf(zipped);
  assert.equal(Number(zipped.headers['content-length']), small.length);
  assert.ok(isOf(gunzipSync(small), 'a'));
  const { etag = '' } = zipped.headers;
  assert.equal((await ask({ 'If-None-Match': etag })).statusCode, 304);
  assert.equal(made, 1);
});

test('two hundred readers who take nothing cost no text each, and a slow one gets its own text whole', async () => {
  nowMs += lifetimeMs;
  const memory = () => process.memoryUsage().arrayBuffers;
  const before = memory();
  const letter = letters[made] ?? '';
  const slow = await ask();
  const readers = await Promise.all(Array.from({ length: 200 }, slowReader));
  assert.ok(memory() - before < 10 * textBytes, `${Math.round((memory() - before) / 2 ** 20)} MiB`);
  nowMs += lifetimeMs;
  // Another text has taken its place meanwhile.
  assert.ok(isOf(await bytesOf(await ask()), letters[made - 1] ?? ''));
  assert.notEqual(letters[made - 1], letter);
  assert.ok(isOf(await bytesOf(slow), letter));
  for (const reader of readers) reader.destroy();
});

test('who holds an old text while three newer ones are asked for is sent away, and sees that its text is not whole', async () => {
  const texts: Socket[] = [];
  nowMs += lifetimeMs;
  const old = await ask();
  for (let n = 0; n < 3; n += 1) {
    nowMs += lifetimeMs;
    texts.push(await slowReader());
  }
  await assert.rejects(bytesOf(old), { code: 'ECONNRESET' });
  for (const each of texts) assert.equal(each.destroyed, false);
  for (const each of texts) each.destroy();
});

test('what can not be made is said to each who asks, and made at the next request', async () => {
  let isBroken = true;
  const odd = sharedText({
    *make() {
      if (isBroken) throw new Error('no jobs');
      yield 'fine';
    },
    monotonicMs: () => 0,
    later: setImmediate,
  });
  await Promise.all([assert.rejects(odd.get(), /no jobs/), assert.rejects(odd.get(), /no jobs/)]);
  isBroken = false;
  assert.equal(Buffer.concat((await odd.get()).plain().parts).toString(), 'fine');
});

test('others are served while a text is made', async () => {
  nowMs += lifetimeMs;
  let turns = 0;
  let isMade = false;
  const making = text.get().then(() => {
    isMade = true;
  });
  while (!isMade) {
    turns += 1;
    await nextTurn();
  }
  await making;
  assert.ok(turns > 10, String(turns));
});
