/**
 * The owner of a job's lock: one file in NAME.run/, whose name identifies the process and whose
 * text describes the run.
 *
 * The name is `o.BOOT.NAMESPACE.PID.START.NONCE` and is never reused. So a dead owner is removed by
 * name, and a run-job that comes late with that can't remove the next owner.
 */
import { randomUuid } from '../file/random.ts';
import { bootId, isAlive, isHidden, pidNamespace, processIdentity } from '../process/proc.ts';
import type { ProcessIdentity } from '../types/process.ts';

/** The process that the name of an owner file identifies. */
export interface Owner {
  readonly fileName: string;
  readonly boot: string;
  readonly namespace: string;
  readonly process: ProcessIdentity;
}

/** The run that the text of an owner file describes. */
export interface OwnerFacts {
  readonly runId: string;
  readonly startedMs: number;
  /** The NAME.flock that this owner has locked, see `KernelLock.file`. */
  readonly kernelLock: string;
  /** The job whose run holds the lock; only on a lock that jobs share. */
  readonly job?: string;
  readonly wrapperCookie?: string;
  readonly leader?: ProcessIdentity;
  readonly logPath?: string;
  readonly deadlineSinceBootMs?: number;
  /** The processes that lived when the run had ended. */
  readonly left?: readonly ProcessIdentity[];
  /**
   * Tags and kill grace from the job file when the run started, for commands that come when the
   * file is broken or gone.
   */
  readonly tags?: readonly string[];
  readonly killGraceSeconds?: number;
}

/** An owner that was found in NAME.run or in NAME.flock. */
export interface Sighting {
  readonly owner: Owner;
  readonly facts: Partial<OwnerFacts>;
  /** The owner of the file: the service user. */
  readonly uid?: number;
}

/**
 * alive, dead: proven by pid and start time. other-boot: from an earlier boot, or from a sandbox
 * with a boot id of its own. elsewhere: in another pid namespace, or hidden from this process.
 */
export type OwnerLife = 'alive' | 'dead' | 'other-boot' | 'elsewhere';

/** The number of processes for which the text of an owner file has room. */
const mostLeft = 16;

/**
 * The name of a pid namespace that this process can't know because it sees the /proc of another
 * one.
 */
const unnamed = '0';

/** A new owner name for this process, never the same twice. */
export function newOwnerName(): string {
  const self = processIdentity('self');
  if (self === undefined) throw new Error('/proc/self/stat says nothing about this process');
  const nonce = randomUuid().replaceAll('-', '');
  return ['o', bootId(), pidNamespace() ?? unnamed, self.pid, self.startTicks, nonce].join('.');
}

/** The owner that a file name identifies; `undefined` for any other name. */
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
 * Two lines of JSON: the facts that never change, then those that `record` rewrites. The text has
 * its full size from the start and is rewritten in place, so a rewrite never creates the file again
 * and needs no room on a full disk.
 */
export function formatFacts(facts: OwnerFacts): string {
  const { leader, logPath, deadlineSinceBootMs, tags, killGraceSeconds, left, ...lasting } = facts;
  const some = left?.slice(0, mostLeft);
  const changing = JSON.stringify({ leader, logPath, deadlineSinceBootMs, tags, killGraceSeconds, left: some });
  return `${`${JSON.stringify(lasting)}\n${changing}`.padEnd(2047)}\n`;
}

/** The valid facts of an owner file. A line that is half written counts as missing. */
export function parseFacts(text: string): Partial<OwnerFacts> {
  const [lasting, changing] = text.split('\n').map(parseLine);
  const { leader, left, tags } = changing ?? {};
  return {
    ...only('string', lasting, ['runId', 'kernelLock', 'job', 'wrapperCookie']),
    ...only('number', lasting, ['startedMs']),
    ...only('string', changing, ['logPath']),
    ...only('number', changing, ['deadlineSinceBootMs', 'killGraceSeconds']),
    ...(isIdentity(leader) && { leader }),
    ...(Array.isArray(left) && { left: left.filter(isIdentity) }),
    ...(areWords(tags) && { tags }),
  };
}

/** The note for NAME.flock: the owner's name, then the facts. */
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

/** True for milliseconds that a Date can show, from 1970 to 9999. */
function isMoment(ms: number): boolean {
  return ms >= 0 && ms < 253_402_300_800_000;
}

/** True for a valid pid: kill(2) would take 0 and negative numbers for groups of processes. */
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
