/**
 * Chooses the ports of an instance: those it had before, else free ports of the range. It never
 * chooses a port that another running service has reserved.
 */
import type { PortRange } from '../../config/config.ts';
import type { Port } from '../../job/service.ts';

export interface PortRequest {
  readonly ports: readonly Port[];
  /** Ports that the instance had before. */
  readonly before: Readonly<Record<string, number>>;
  /** Ports of other services, and of other instances of this one. */
  readonly taken: ReadonlySet<number>;
  readonly range: PortRange;
  /**
   * Position in the range at which to begin: instances of one service get neighbouring ports,
   * different services distant ones.
   */
  readonly offset: number;
  readonly isFree: (port: number) => Promise<boolean>;
}

export type PortAnswer =
  | { readonly is: 'allocated'; readonly ports: Readonly<Record<string, number>> }
  | { readonly is: 'failed'; readonly reason: string };

export async function allocatePorts(request: PortRequest): Promise<PortAnswer> {
  const taken = new Set([...request.taken, ...request.ports.flatMap(({ number }) => number ?? [])]);
  const ports: Record<string, number> = {};
  for (const { name, number } of request.ports) {
    const found = number ?? (await findPort(request, request.before[name], taken));
    if (found === undefined) {
      const { first, last } = request.range;
      return { is: 'failed', reason: `no port is free for "${name}" between ${first} and ${last} (port_range)` };
    }
    taken.add(found);
    ports[name] = found;
  }
  return { is: 'allocated', ports };
}

async function findPort(
  { range, isFree, offset }: PortRequest,
  before: number | undefined,
  taken: ReadonlySet<number>,
): Promise<number | undefined> {
  const size = range.last - range.first + 1;
  const isInRange = (port: number) => port >= range.first && port <= range.last;
  const candidates = Array.from({ length: size }, (_, at) => range.first + ((offset + at) % size));
  for (const port of before !== undefined && isInRange(before) ? [before, ...candidates] : candidates) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  return undefined;
}
