/** Opens the doors of the page: Unix sockets and TCP ports, each with its own rule for who gets in. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hono } from 'hono';
import { defined } from '../../text/defined.ts';
import type { Gate } from '../report/gate.ts';
import { loginPath, tokenLogin } from './login/login.tsx';
import { readTokens } from './login/tokens.ts';
import type { Place } from './options.ts';
import { pageServer } from './server.ts';
import { listenOnSocket, type SocketPlace } from './unix-socket.ts';

export interface DoorParts {
  readonly routes: Hono;
  readonly place: Place;
  readonly hosts: readonly string[];
  /** The group of the socket that readers connect to, and whether only its owner may. */
  readonly socket: Omit<SocketPlace, 'path'>;
  readonly tell: (words: string) => void;
}

export interface Doors {
  readonly servers: readonly Server[];
  /** `HOST:PORT` of the TCP port. */
  readonly address?: string;
}

/** Rejects with words for the operator, and leaves no door open then. */
export async function openDoors({ routes, place, hosts, socket, tell }: DoorParts): Promise<Doors> {
  const gateOf = (door: Gate['door']): Gate => ({ door, hosts, loginPath: loginPath(place.base) });
  const servers: Server[] = [];
  const opened = (server: Server) => {
    servers.push(server);
    return server;
  };
  try {
    if (place.socket !== undefined)
      await listenOnSocket(opened(pageServer(routes, gateOf('socket'))), { path: place.socket, ...socket });
    if (place.proxySocket !== undefined)
      await listenOnSocket(opened(pageServer(routes, gateOf('proxy'))), { path: place.proxySocket, access: 'group' });
    if (place.tcp === undefined) return { servers };
    const { tokenFile = '', base, tcp } = place;
    const server = opened(pageServer(routes, gateOf('token'), tokenLogin({ tokenFile, base, tell })));
    return { servers, ...defined({ address: await listenOnPort(server, tcp) }) };
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

/** The reason why TCP can't be offered, if it is asked for: without a token anyone could connect, also on loopback. */
export function tokenProblem({ tcp, tokenFile }: Place): string | undefined {
  if (tcp === undefined) return undefined;
  if (tokenFile === undefined)
    return 'TCP needs a file of tokens (--token-file, web.token_file): any user of this host can connect to a port';
  const read = readTokens(tokenFile);
  return read.ok ? undefined : read.reason;
}

function listenOnPort(server: Server, { host, port }: NonNullable<Place['tcp']>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ host, port, exclusive: true }, () => {
      const { address, port: given } = server.address() as AddressInfo;
      resolve(address.includes(':') ? `[${address}]:${given}` : `${address}:${given}`);
    });
  });
}

/** Answers that are under way when the program is asked to end have this long. */
const patienceMs = 2000;

export async function closeDoors({ servers }: Doors): Promise<void> {
  setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, patienceMs).unref();
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeIdleConnections();
        }),
    ),
  );
}
