/** The page as an HTTP server: limits on what one reader can take, the gate, then the routes. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { type Refusal, refusalOf, safeHeaders } from './gate.ts';

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** `hosts` are the names, without port, by which readers may reach it: another site can't make its own name mean this server. */
export function pageServer(routes: Hono, hosts: readonly string[]): Server {
  const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false });
  const server = createServer(limits, (request, response) => {
    const { method = '', url: target = '', rawHeaders: headers } = request;
    const refusal = refusalOf({ method, target, headers }, hosts);
    if (refusal !== undefined) return refuse(response, refusal);
    // Never rejects: it answers 500 by itself.
    void answer(request, response);
  });
  server.maxConnections = 64;
  return server;
}

function refuse(response: ServerResponse, { status, words }: Refusal): void {
  response.writeHead(status, { ...safeHeaders, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${words}\n`);
}
