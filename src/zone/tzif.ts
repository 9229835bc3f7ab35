/**
 * Parses a zone file (TZif, RFC 8536 and 9636) into a table, which is the only source of offsets in
 * all programs.
 */
import { type PosixRule, parsePosixRule } from './posix-rule.ts';

/** The offsets of a zone. Times are seconds since 1970, offsets are seconds east of Greenwich. */
export interface ZoneTable {
  /** The offset before the first change of the table. */
  readonly firstOffset: number;
  /** Ascending by time; `offset` holds from then on. */
  readonly changes: readonly { readonly atSeconds: number; readonly offset: number }[];
  /** The rule for the time after the last change; if it is absent, the last offset holds. */
  readonly rule?: PosixRule;
  /**
   * Leap seconds, in the zones below `right/`: their clocks are ahead of UTC by the correction,
   * which local time subtracts again.
   */
  readonly leaps?: readonly { readonly atSeconds: number; readonly correction: number }[];
}

export const utcTable: ZoneTable = { firstOffset: 0, changes: [] };

const headerBytes = 44;
const typeBytes = 6;

/** Returns `undefined` for bytes that the C library would not read either; it uses UTC then. */
export function readTzif(bytes: Uint8Array): ZoneTable | undefined {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = countsAt(file, 0);
  if (first === undefined) return undefined;
  const secondAt = headerBytes + blockBytes(first, 4);
  // Version 1 ends with the first block. Later versions repeat it with times of 64 bits and a rule
  // for the time after the table.
  if (file.getUint8(4) === 0) return tableOf(file, { at: headerBytes, counts: first, timeBytes: 4 });
  const counts = countsAt(file, secondAt);
  if (counts === undefined) return undefined;
  const table = tableOf(file, { at: secondAt + headerBytes, counts, timeBytes: 8 });
  const rule = parsePosixRule(footer(bytes, secondAt + headerBytes + blockBytes(counts, 8)));
  return table && (rule === undefined ? table : { ...table, rule });
}

interface Counts {
  readonly leaps: number;
  readonly transitions: number;
  readonly types: number;
  readonly nameBytes: number;
  readonly flags: number;
}

/** The counts in the header at `at`; `undefined` if there is no "TZif" magic. */
function countsAt(file: DataView, at: number): Counts | undefined {
  if (at + headerBytes > file.byteLength || file.getUint32(at) !== 0x545a6966) return undefined;
  const count = (index: number) => file.getUint32(at + 20 + index * 4);
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

function footer(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 512), (byte) => String.fromCharCode(byte))
    .join('')
    .trim();
}

interface DataBlock {
  readonly at: number;
  readonly counts: Counts;
  readonly timeBytes: 4 | 8;
}

function tableOf(file: DataView, block: DataBlock): ZoneTable | undefined {
  const { at, counts, timeBytes } = block;
  const { transitions, types, nameBytes } = counts;
  if (types === 0 || at + blockBytes(counts, timeBytes) > file.byteLength) return undefined;
  const timeAt = (place: number) => (timeBytes === 4 ? file.getInt32(place) : Number(file.getBigInt64(place)));
  const typesAt = at + transitions * (timeBytes + 1);
  const offsetOfType = (type: number) => (type < types ? file.getInt32(typesAt + type * typeBytes) : 0);
  const changes = Array.from({ length: transitions }, (_, index) => ({
    atSeconds: timeAt(at + index * timeBytes),
    offset: offsetOfType(file.getUint8(at + transitions * timeBytes + index)),
  }));
  const leapsAt = typesAt + types * typeBytes + nameBytes;
  const leaps = Array.from({ length: counts.leaps }, (_, index) => {
    const place = leapsAt + index * (timeBytes + 4);
    return { atSeconds: timeAt(place), correction: file.getInt32(place + timeBytes) };
  });
  return { firstOffset: offsetOfType(0), changes, ...(leaps.length > 0 && { leaps }) };
}
