/**
 * What people want of a service and of single instances: one small record for each, which outlives reboots. Without one it is wanted up.
 *
 * The supervisor reads them whenever they change, so a command of jobctl is a record that is replaced; what was asked for once (a restart, a
 * reset) is known by its time, and done by whoever has not done one of that time yet.
 */

import type { WriteAnswer } from '../system/types/file.ts';
import type { StateFiles } from '../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../text/decode.ts';

/** Who, when (milliseconds since 1970) and why. */
export interface OperatorRequest {
  readonly atMs: number;
  readonly by: string;
  readonly reason?: string;
}

export interface Desired {
  readonly wanted: 'up' | 'down';
  /** Who has said so last; absent while nobody has. */
  readonly wish?: OperatorRequest;
  readonly restart?: OperatorRequest;
  /** `jobctl start` is one too. */
  readonly reset?: OperatorRequest;
}

/** `instance` absent: the service as a whole. */
export interface Target {
  readonly slug: string;
  readonly instance?: number;
}

export const desiredFolder = 'desired';

const wantedUp: Desired = { wanted: 'up' };

export interface AllDesired {
  readonly service: Desired;
  readonly instance: (number: number) => Desired;
}

/** All that is on record for a service. */
export function readDesired(files: StateFiles, slug: string): AllDesired {
  const own = files.names(desiredFolder).filter((name) => isAbout(slug, name));
  const found = new Map(own.map((name) => [name, parseDesired(files.read(desiredFolder, name) ?? '')]));
  const of = (target: Target) => found.get(fileName(target)) ?? wantedUp;
  return { service: of({ slug }), instance: (instance) => of({ slug, instance }) };
}

/** How many of its records can't be understood. */
export function unreadableDesired(files: StateFiles, slug: string): number {
  const own = files.names(desiredFolder).filter((name) => isAbout(slug, name));
  return own.filter((name) => parseDesired(files.read(desiredFolder, name) ?? '') === undefined).length;
}

export type ServiceCommand = 'start' | 'stop' | 'restart' | 'reset';

/** The record after a command. A stopped one that is restarted is wanted up again. */
export function afterCommand(desired: Desired, command: ServiceCommand, ask: OperatorRequest): Desired {
  switch (command) {
    case 'start':
      return { ...desired, wanted: 'up', wish: ask, reset: ask };
    case 'stop':
      return { ...desired, wanted: 'down', wish: ask };
    case 'restart':
      return { ...desired, ...(desired.wanted === 'down' && { wanted: 'up', wish: ask }), restart: ask, reset: ask };
    case 'reset':
      return { ...desired, reset: ask };
    default:
      return command satisfies never;
  }
}

export function writeDesired(files: StateFiles, target: Target, desired: Desired): WriteAnswer {
  return files.write(desiredFolder, fileName(target), `${JSON.stringify(desired)}\n`);
}

/** A slug has no colon, so `web.2` the job and instance 2 of `web` are two records. */
function fileName({ slug, instance }: Target): string {
  return instance === undefined ? slug : `${slug}:${instance}`;
}

/** Whether a record in the folder is about this service. */
export function isAbout(slug: string, name: string): boolean {
  return name === slug || name.startsWith(`${slug}:`);
}

const ask: Decoder<OperatorRequest> = shape<OperatorRequest>({ atMs: time, by: text, reason: optional(text) });

/** An ask that can't be read is none; whether the service is wanted up must be known. */
const lenientAsk: Decoder<OperatorRequest | null> = (value) => ask(value) ?? null;

function parseDesired(json: string): Desired | undefined {
  const read = decodeJson(
    json,
    shape<{ [K in keyof Desired]: Desired[K] | null }>({
      wanted: oneOf('up', 'down'),
      wish: optional(lenientAsk),
      restart: optional(lenientAsk),
      reset: optional(lenientAsk),
    }),
  );
  if (read === undefined) return undefined;
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null)) as unknown as Desired;
}

/** "ada at 2026-11-25T10:00Z: moving the database" */
export function requestWords({ by, atMs, reason }: OperatorRequest, formatTime: (ms: number) => string): string {
  return `by ${by} at ${formatTime(atMs)}${reason === undefined ? '' : `: ${reason}`}`;
}
