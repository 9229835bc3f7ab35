/**
 * The host's local time as the C library, and so cron, has it: from the file /etc/localtime (TZif, RFC 8536), whatever TZ says.
 * Intl would know it too, but takes 30 ms to load, which is as long as a whole start of run-job.
 */
import { readFileSync } from 'node:fs';
import { type OffsetRule, parseOffsetRule } from './posix-zone.ts';

/** Seconds east of Greenwich at a moment, in seconds since 1970. */
export type OffsetAt = (atSeconds: number) => number;

/** UTC where there is no such file, or none that can be understood, which is what the C library takes then. */
export function hostOffset(file = '/etc/localtime'): OffsetAt {
  try {
    return offsetsOf(readFileSync(file)) ?? utc;
  } catch {
    return utc;
  }
}

/** The same for a zone by its IANA name, from the machine's own table; `undefined` where it has none of that name. */
export function zoneOffset(name: string, directory = '/usr/share/zoneinfo'): OffsetAt | undefined {
  if (!/^[A-Za-z]\w*([/+-]\w+)*$/.test(name)) return undefined;
  try {
    return offsetsOf(readFileSync(`${directory}/${name}`));
  } catch {
    return undefined;
  }
}

const utc: OffsetAt = () => 0;
const headerBytes = 44;
const typeBytes = 6;

interface Counts {
  readonly leaps: number;
  readonly transitions: number;
  readonly types: number;
  readonly nameBytes: number;
  readonly flags: number;
}

/** The second block of the file has 64-bit times; the first is for readers of the last century. */
function offsetsOf(file: Buffer): OffsetAt | undefined {
  if (file.toString('latin1', 0, 4) !== 'TZif' || file.readUInt8(4) < 0x32) return undefined;
  const first = countsAt(file, 0);
  const start = headerBytes + blockBytes(first, 4);
  const counts = countsAt(file, start);
  if (counts.types === 0 || start + headerBytes + blockBytes(counts, 8) > file.length) return undefined;
  const footer = file.toString('latin1', start + headerBytes + blockBytes(counts, 8)).trim();
  const rule = footer === '' ? undefined : parseOffsetRule(footer);
  return lookup(file, { at: start + headerBytes, counts, rule });
}

function countsAt(file: Buffer, at: number): Counts {
  const count = (index: number) => file.readUInt32BE(at + 20 + index * 4);
  return {
    flags: count(0) + count(1),
    leaps: count(2),
    transitions: count(3),
    types: count(4),
    nameBytes: count(5),
  };
}

function blockBytes(counts: Counts, timeBytes: number): number {
  const { transitions, types, nameBytes, leaps, flags } = counts;
  return transitions * (timeBytes + 1) + types * typeBytes + nameBytes + leaps * (timeBytes + 4) + flags;
}

interface Block {
  readonly at: number;
  readonly counts: Counts;
  readonly rule: OffsetRule | undefined;
}

/** Before the first change the first type holds, after the last one the footer's rule. */
function lookup(file: Buffer, { at, counts, rule }: Block): OffsetAt {
  const { transitions } = counts;
  const changeAt = (index: number) => Number(file.readBigInt64BE(at + index * 8));
  const typesAt = at + transitions * 9;
  const offsetOfType = (type: number) => file.readInt32BE(typesAt + type * typeBytes);
  return (atSeconds) => {
    let [low, high] = [0, transitions];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (changeAt(middle) <= atSeconds) low = middle + 1;
      else high = middle;
    }
    if (low === transitions && rule !== undefined) return rule(atSeconds);
    return offsetOfType(low === 0 ? 0 : file.readUInt8(at + transitions * 8 + low - 1));
  };
}
