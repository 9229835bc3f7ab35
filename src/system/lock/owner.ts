/**
 * Who has a job's lock: one file in NAME.run/, whose name says which process and whose text says which run.
 *
 * The name is `o.BOOT.NAMESPACE.PID.START.NONCE` and never comes twice. So a dead owner can be taken away by name: whoever is late with
 * that finds nothing and does no harm to the next owner.
 */

import { randomUuid } from '../file/random.ts';
import { bootId, isAlive, isHidden, pidNamespace, processIdentity } from '../process/proc.ts';
import type { ProcessIdentity } from '../types/process.ts';

/** What the name of an owner file says. */
export interface Owner {
  readonly fileName: string;
  readonly boot: string;
  readonly namespace: string;
  readonly process: ProcessIdentity;
}

/** What the text of an owner file says. */
export interface OwnerFacts {
  readonly runId: string;
  readonly startedMs: number;
  /** The NAME.flock that this owner has locked, see `KernelLock.file`. */
  readonly kernelLock: string;
  /** Of a lock that jobs share: whose run has it. */
  readonly job?: string;
  readonly wrapperCookie?: string;
  readonly leader?: ProcessIdentity;
  readonly logPath?: string;
  readonly deadlineSinceBootMs?: number;
  /** What lived on when the run had ended. */
  readonly left?: readonly ProcessIdentity[];
  /** What the job's file said when the run started, for commands that come when the file is broken or gone. */
  readonly tags?: readonly string[];
  readonly killGraceSeconds?: number;
}

/** An owner that was found in NAME.run or in NAME.flock. */
export interface Sighting {
  readonly owner: Owner;
  readonly facts: Partial<OwnerFacts>;
  /** Whose file it is: the service user. */
  readonly uid?: number;
}

/**
 * alive, dead: proven by pid and start time. other-boot: of a boot before this one, or of a sandbox that pretends to be one.
 * elsewhere: in another pid namespace, where a pid of ours says nothing, or hidden from us.
 */
export type OwnerLife = 'alive' | 'dead' | 'other-boot' | 'elsewhere';

/** As many as the text of an owner file has room for. */
const mostLeft = 16;

/** Stands for a pid namespace that this process can't name because it sees the /proc of another one. */
const unnamed = '0';

/** A fresh name for this process; never the same twice. */
export function newOwnerName(): string {
  const self = processIdentity('self');
  if (self === undefined) throw new Error('/proc/self/stat says nothing about this process');
  const nonce = randomUuid().replaceAll('-', '');
  return ['o', bootId(), pidNamespace() ?? unnamed, self.pid, self.startTicks, nonce].join('.');
}

/** `undefined` for a name that is none of ours. */
export function parseOwnerName(fileName: string): Owner | undefined {
  const [, boot, namespace, pid, startTicks] =
    /^o\.([0-9a-f]{32})\.(\d+)\.(\d+)\.(\d+)\.[0-9a-f]{32}$/.exec(fileName) ?? [];
  if (!boot || !namespace || !pid || !startTicks) return undefined;
  return { fileName, boot, namespace, process: { pid: Number(pid), startTicks } };
}

export function lifeOf(owner: Owner): OwnerLife {
  if (owner.boot !== bootId()) return 'other-boot';
  if (owner.namespace !== pidNamespace()) return 'elsewhere';
  if (isAlive(owner.process)) return 'alive';
  return isHidden(owner.process.pid) ? 'elsewhere' : 'dead';
}

/**
 * Two lines of JSON: what never changes, then what `record` rewrites. Both are rewritten in place, so that a rewrite neither makes the file
 * anew after someone took it away nor needs room on a full disk: the text has its full size from the start.
 */
export function formatFacts(facts: OwnerFacts): string {
  const { leader, logPath, deadlineSinceBootMs, tags, killGraceSeconds, left, ...lasting } = facts;
  const some = left?.slice(0, mostLeft);
  const changing = JSON.stringify({ leader, logPath, deadlineSinceBootMs, tags, killGraceSeconds, left: some });
  return `${`${JSON.stringify(lasting)}\n${changing}`.padEnd(2047)}\n`;
}

/** What can be understood of an owner file; a line that was caught half written says nothing. */
export function parseFacts(text: string): Partial<OwnerFacts> {
  const [lasting, changing] = text.split('\n').map(parseLine);
  const { leader, left, tags } = changing ?? {};
  return {
    ...only('string', lasting, ['runId', 'kernelLock', 'job', 'wrapperCookie']),
    ...only('number', lasting, ['startedMs']),
    ...only('string', changing, ['logPath']),
    ...only('number', changing, ['deadlineSinceBootMs', 'killGraceSeconds']),
    ...(isIdentity(leader) ? { leader } : {}),
    ...(Array.isArray(left) ? { left: left.filter(isIdentity) } : {}),
    ...(areWords(tags) ? { tags } : {}),
  };
}

/** The note that goes into NAME.flock: who, then the facts. */
export function formatNote(owner: string, facts: OwnerFacts): string {
  return `${owner}\n${formatFacts(facts)}`;
}

export function parseNote(note: string | undefined): Sighting | undefined {
  const [name = '', ...facts] = note?.split('\n') ?? [];
  const owner = parseOwnerName(name);
  return owner && { owner, facts: parseFacts(facts.join('\n')) };
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function only(type: 'string' | 'number', from: Readonly<Record<string, unknown>> | undefined, keys: readonly string[]) {
  const isSound = (value: unknown) => typeof value === type && (typeof value !== 'number' || isMoment(value));
  return Object.fromEntries(keys.map((key) => [key, from?.[key]]).filter(([, value]) => isSound(value)));
}

function areWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

/** What a Date can show, from 1970 to 9999. */
function isMoment(ms: number): boolean {
  return ms >= 0 && ms < 253_402_300_800_000;
}

/** A pid that kill(2) would take for a group, or for everybody, is no process. */
function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    Number(value.pid) > 0 &&
    Number(value.pid) <= 2 ** 22 &&
    'startTicks' in value &&
    typeof value.startTicks === 'string'
  );
}
