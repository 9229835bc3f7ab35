/**
 * The records of what operators want of a service and of single instances: one small file for each,
 * which survives reboots. Without a record the service is to be up.
 *
 * A command of jobctl replaces the record, and the supervisor reads it whenever it changes. A
 * restart or a reset is known by its time: the supervisor does each one whose time it has not done
 * yet.
 */

import type { WriteAnswer } from '../system/types/file.ts';
import type { StateFiles } from '../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../text/decode.ts';
import { defined } from '../text/defined.ts';

/** A request of an operator: the time (milliseconds since 1970), the name and the reason. */
export interface OperatorRequest {
  readonly atMs: number;
  readonly by: string;
  readonly reason?: string;
}

export interface Desired {
  readonly state: 'up' | 'down';
  /** The latest start or stop; absent if no operator has decided yet. */
  readonly decision?: OperatorRequest;
  readonly restart?: OperatorRequest;
  /** `jobctl start` resets too. */
  readonly reset?: OperatorRequest;
}

/** A whole service, or one instance of it. */
export interface Target {
  readonly slug: string;
  readonly instance?: number;
}

export const desiredFolder = 'desired';

const desiredUp: Desired = { state: 'up' };

export interface AllDesired {
  readonly service: Desired;
  readonly instance: (number: number) => Desired;
}

/** Every record of a service. One that can't be understood counts as none. */
export function readDesired(files: StateFiles, slug: string): AllDesired {
  const own = files.names(desiredFolder).filter((name) => isAbout(slug, name));
  const found = new Map(own.map((name) => [name, parseDesired(files.read(desiredFolder, name) ?? '')]));
  const of = (target: Target) => found.get(fileName(target)) ?? desiredUp;
  return { service: of({ slug }), instance: (instance) => of({ slug, instance }) };
}

/** The number of records of a service that can't be understood. */
export function unreadableDesired(files: StateFiles, slug: string): number {
  const own = files.names(desiredFolder).filter((name) => isAbout(slug, name));
  return own.filter((name) => parseDesired(files.read(desiredFolder, name) ?? '') === undefined).length;
}

export type ServiceCommand = 'start' | 'stop' | 'restart' | 'reset';

/** The record after a command. Restarting what was stopped starts it. */
export function afterCommand(desired: Desired, command: ServiceCommand, request: OperatorRequest): Desired {
  const up = { state: 'up', decision: request } as const;
  switch (command) {
    case 'start':
      return { ...desired, ...up, reset: request };
    case 'stop':
      return { ...desired, state: 'down', decision: request };
    case 'restart':
      return { ...desired, ...(desired.state === 'down' && up), restart: request, reset: request };
    case 'reset':
      return { ...desired, reset: request };
    default:
      return command satisfies never;
  }
}

export function writeDesired(files: StateFiles, target: Target, desired: Desired): WriteAnswer {
  return files.write(desiredFolder, fileName(target), `${desiredText(desired)}\n`);
}

/** The record as one line of JSON. */
export function desiredText({ state, decision, restart, reset }: Desired): string {
  return JSON.stringify(defined({ wanted: state, wish: decision, restart, reset }));
}

/**
 * Writes the records that all hosts of a pool share as those of this host. `shared`: their texts, by
 * the number of the instance, or `all` for the service.
 */
export function mirrorDesired(files: StateFiles, slug: string, shared: ReadonlyMap<string, string>): void {
  for (const [key, text] of shared) {
    const target = key === 'all' ? { slug } : { slug, instance: Number(key) };
    const isKnown = files.read(desiredFolder, fileName(target))?.trim() === text;
    if (!isKnown && parseDesired(text) !== undefined) files.write(desiredFolder, fileName(target), `${text}\n`);
  }
}

/** A slug has no colon, so the service `web.2` and instance 2 of `web` have different names. */
function fileName({ slug, instance }: Target): string {
  return instance === undefined ? slug : `${slug}:${instance}`;
}

/** True if a record of this name is about this service. */
export function isAbout(slug: string, name: string): boolean {
  return name === slug || name.startsWith(`${slug}:`);
}

const request: Decoder<OperatorRequest> = shape<OperatorRequest>({ atMs: time, by: text, reason: optional(text) });

/**
 * A request that can't be understood counts as none; without the desired state the whole record
 * counts as none.
 */
const lenientRequest: Decoder<OperatorRequest | null> = (value) => request(value) ?? null;

/**
 * The record as it is written: the keys keep their names, so that supervisors of any version read
 * each other's records.
 */
interface WrittenDesired {
  readonly wanted: 'up' | 'down';
  readonly wish?: OperatorRequest | null;
  readonly restart?: OperatorRequest | null;
  readonly reset?: OperatorRequest | null;
}

const writtenDesired = shape<WrittenDesired>({
  wanted: oneOf('up', 'down'),
  wish: optional(lenientRequest),
  restart: optional(lenientRequest),
  reset: optional(lenientRequest),
});

function parseDesired(json: string): Desired | undefined {
  const read = decodeJson(json, writtenDesired);
  if (read === undefined) return undefined;
  const { wanted, wish, restart, reset } = read;
  return defined({
    state: wanted,
    decision: wish ?? undefined,
    restart: restart ?? undefined,
    reset: reset ?? undefined,
  });
}

/** "by ada at 2026-11-25 10:00:00: moving the database" */
export function requestWords({ by, atMs, reason }: OperatorRequest, formatTime: (ms: number) => string): string {
  return `by ${by} at ${formatTime(atMs)}${reason === undefined ? '' : `: ${reason}`}`;
}
