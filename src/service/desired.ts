/**
 * What people want of a service and of single instances: one small record for each, which outlives reboots. Without one it is wanted up.
 *
 * The supervisor reads them whenever they change, so a command of jobctl is a record that is replaced; what was asked for once (a restart, a
 * reset) is known by its time, and done by whoever has not done one of that time yet.
 */
import type { StateFiles, WriteAnswer } from '../system/system.ts';

/** Who, when (milliseconds since 1970) and why. */
export interface Ask {
  readonly atMs: number;
  readonly by: string;
  readonly reason?: string;
}

export interface Desired {
  readonly wanted: 'up' | 'down';
  /** Who has said so last; absent while nobody has. */
  readonly wish?: Ask;
  readonly restart?: Ask;
  /** `jobctl start` is one too. */
  readonly reset?: Ask;
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
  const found = new Map(files.readAll(desiredFolder).map(({ name, text }) => [name, parseDesired(text)]));
  const of = (target: Target) => found.get(fileName(target)) ?? wantedUp;
  return { service: of({ slug }), instance: (instance) => of({ slug, instance }) };
}

export type Command = 'start' | 'stop' | 'restart' | 'reset';

/** The record after a command. A stopped one that is restarted is wanted up again. */
export function after(desired: Desired, command: Command, ask: Ask): Desired {
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

function parseDesired(text: string): Desired | undefined {
  try {
    const value = JSON.parse(text) as Partial<Desired>;
    if (value.wanted !== 'up' && value.wanted !== 'down') return undefined;
    const asks = (['wish', 'restart', 'reset'] as const).flatMap((key) =>
      isAsk(value[key]) ? [[key, value[key]]] : [],
    );
    return { wanted: value.wanted, ...Object.fromEntries(asks) };
  } catch {
    return undefined;
  }
}

function isAsk(value: Partial<Ask> | undefined): value is Ask {
  return typeof value === 'object' && Number.isFinite(value.atMs) && typeof value.by === 'string';
}

/** "ada at 2026-11-25T10:00Z: moving the database" */
export function askWords({ by, atMs, reason }: Ask, formatTime: (ms: number) => string): string {
  return `by ${by} at ${formatTime(atMs)}${reason === undefined ? '' : `: ${reason}`}`;
}
