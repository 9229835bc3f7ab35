/** The page as an HTTP server: limits on what one reader can take, the gate, the login where there is one, then the routes. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Gate, type Refusal, refusalOf, safeHeaders } from '../report/gate.ts';
import { closeStalled } from './answer/stalled.ts';
import type { Login } from './login/login.tsx';

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** A connection on which nothing has moved for so long is closed, such as that of a reader who does not take the answer. */
const stallMs = 10_000;

export function pageServer(routes: Hono, gate: Gate, login?: Login): Server {
  const listener = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
  const server = createServer(limits, (request, response) => {
    const { method = '', url: target = '', rawHeaders: headers } = request;
    const refusal = refusalOf({ method, target, headers }, gate);
    if (refusal !== undefined) return refuse(response, refusal);
    // The listener never rejects: it answers 500 by itself.
    if (login === undefined) void listener(request, response);
    else
      void login(request, response).then(
        (isIn) => (isIn ? listener(request, response) : undefined),
        () => request.destroy(),
      );
  });
  server.maxConnections = 64;
  server.timeout = stallMs;
  closeStalled(server, stallMs);
  return server;
}

function refuse(response: ServerResponse, { status, words }: Refusal): void {
  response.writeHead(status, { ...safeHeaders, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${words}\n`);
}
