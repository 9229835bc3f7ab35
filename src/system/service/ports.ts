/**
 * The ports of this host: those that can be bound, and those that services have reserved in
 * `RUN_DIRECTORY/services/NAME/endpoints.json`.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { namesOrNone } from '../file/careful-file.ts';
import { readSmall, stateFiles } from '../state/state-files.ts';
import type { Endpoints, Ports } from '../types/service.ts';
import { listenerOn } from './port-holder.ts';

const folder = 'services';
const fileName = 'endpoints.json';

export function hostPorts(runDirectory: string): Ports {
  const root = path.join(runDirectory, folder);
  return {
    isFree,
    holder: listenerOn,
    reserved: () =>
      namesOrNone(runDirectory, folder).map((slug) => ({
        slug,
        ports: portsIn(readSmall(runDirectory, `${folder}/${slug}/${fileName}`)),
      })),
    publish: (slug, endpoints) =>
      stateFiles(runDirectory).write(`${folder}/${slug}`, fileName, `${JSON.stringify(endpoints, undefined, 2)}\n`),
    withdraw(slug) {
      try {
        rmSync(path.join(root, slug, fileName), { force: true });
      } catch {
        // A reader sees that the lock of this service is free.
      }
    },
  };
}

/** True when the port can be bound on all addresses; on a host without IPv6, on those of IPv4. */
async function isFree(port: number): Promise<boolean> {
  const code = await tryToBind(port, '::');
  if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') return (await tryToBind(port, '0.0.0.0')) === undefined;
  return code === undefined;
}

/** The code of the error; `undefined` when the port could be bound. */
function tryToBind(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * The ports in the file. A service user's program may have written anything, so invalid ones are
 * left out.
 */
function portsIn(text: string | undefined): readonly number[] {
  try {
    const { instances } = JSON.parse(text ?? '') as Endpoints;
    return instances.flatMap(({ ports }) => Object.values(ports)).filter((port) => Number.isInteger(port));
  } catch {
    return [];
  }
}
