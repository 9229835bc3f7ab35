/** Ports of this host: which can be bound, and which services have reserved (`RUN_DIRECTORY/services/NAME/endpoints.json`). */
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
        // Whoever reads it sees that nobody has the lock of this service.
      }
    },
  };
}

/** On all addresses, those of IPv4 included; where there is no IPv6, on those of IPv4. */
async function isFree(port: number): Promise<boolean> {
  const code = await tryToBind(port, '::');
  if (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL') return (await tryToBind(port, '0.0.0.0')) === undefined;
  return code === undefined;
}

/** The error's code, or `undefined` when it could be bound. */
function tryToBind(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Whoever can write the file can name what is no port. */
function portsIn(text: string | undefined): readonly number[] {
  try {
    const { instances } = JSON.parse(text ?? '') as Endpoints;
    return instances.flatMap(({ ports }) => Object.values(ports)).filter((port) => Number.isInteger(port));
  } catch {
    return [];
  }
}
