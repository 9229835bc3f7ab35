/** A mark is what the index keeps of an entry of a history: when it began, how long it took, how it ended, and the id of its run; 21 bytes each. */
import { entryMs, type HistoryEntry, isFailure } from '../../../report/text/history.ts';
import { type StripItem, stripKindOf } from '../../../run/history/strip.ts';

/** `running` is a run without an end on record: it may as well have been interrupted. `event` is no run. */
const kinds = ['success', 'failure', 'skipped', 'missed', 'running', 'other', 'event'] as const;

/** The kind of an entry: enough to know whether an answer may have it. */
export interface MarkKind {
  readonly is: (typeof kinds)[number];
  readonly isFailure: boolean;
  readonly isDecision: boolean;
}

export const bytesOfMark = 21;
const [atDuration, atSecond, atRandom, atKind] = [8, 12, 16, 20];
const noDuration = 0xff_ff_ff_ff;
const [kindMask, failureBit, decisionBit, oddBit] = [7, 8, 16, 32];
/** 20261129-000005-4147f7f4 */
const usualId = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-([0-9a-f]{8})$/;

/** The kinds by the byte of a mark, without the bit for odd ids. */
const kindsByByte: readonly MarkKind[] = Array.from({ length: oddBit }, (_, byte) => ({
  is: kinds[byte & kindMask] ?? 'event',
  isFailure: (byte & failureBit) !== 0,
  isDecision: (byte & decisionBit) !== 0,
}));

/** A bit for each kind. */
export type KindSet = number;

export function kindSet(has: (kind: MarkKind) => boolean): KindSet {
  return kindsByByte.reduce((set, kind, byte) => (has(kind) ? set | (1 << byte) : set), 0);
}

/** The marks of one history, in the order in which their entries began. */
export class Marks {
  readonly bytes: Buffer;
  /** Ids of runs that are not like those that run-job gives. */
  readonly oddIds: readonly string[];
  #extent: { readonly kinds: KindSet; readonly lastMs: number } | undefined;

  constructor(bytes: Buffer, oddIds: readonly string[]) {
    this.bytes = bytes;
    this.oddIds = oddIds;
  }

  get count(): number {
    return this.bytes.length / bytesOfMark;
  }

  atMs(n: number): number {
    return this.bytes.readDoubleLE(n * bytesOfMark);
  }

  kind(n: number): MarkKind {
    return kindsByByte[this.#byte(n) & (oddBit - 1)] as MarkKind;
  }

  isOf(n: number, wanted: KindSet): boolean {
    return ((wanted >>> (this.#byte(n) & (oddBit - 1))) & 1) === 1;
  }

  /** False when no mark is of these kinds and began after that moment: of most histories that is known at once. */
  mayHave(wanted: KindSet, sinceMs: number): boolean {
    this.#extent ??= this.#extentNow();
    return (this.#extent.kinds & wanted) !== 0 && this.#extent.lastMs >= sinceMs;
  }

  #extentNow(): { readonly kinds: KindSet; readonly lastMs: number } {
    let [kindsHere, lastMs] = [0, Number.NEGATIVE_INFINITY];
    for (let n = 0; n < this.count; n += 1) {
      kindsHere |= 1 << (this.#byte(n) & (oddBit - 1));
      lastMs = Math.max(lastMs, this.atMs(n));
    }
    return { kinds: kindsHere, lastMs };
  }

  durationMs(n: number): number | undefined {
    const ms = this.bytes.readUInt32LE(n * bytesOfMark + atDuration);
    return ms === noDuration ? undefined : ms;
  }

  /** Empty for what is no run. */
  run(n: number): string {
    const from = n * bytesOfMark;
    const random = this.bytes.readUInt32LE(from + atRandom);
    if ((this.#byte(n) & oddBit) !== 0) return this.oddIds[random] ?? '';
    if (this.kind(n).is === 'event') return '';
    return idText(this.bytes.readUInt32LE(from + atSecond), random);
  }

  has(run: string): boolean {
    const id = idOf(run);
    if (id === undefined) return this.oddIds.includes(run);
    for (let from = 0; from < this.bytes.length; from += bytesOfMark)
      if (
        this.bytes.readUInt32LE(from + atRandom) === id.random &&
        this.bytes.readUInt32LE(from + atSecond) === id.second
      )
        return true;
    return false;
  }

  item(n: number): StripItem | undefined {
    const { is } = this.kind(n);
    if (is === 'event') return undefined;
    const durationMs = this.durationMs(n);
    return new MarkedRun(this, n, is, durationMs);
  }

  /** The runs among them. */
  items(): readonly StripItem[] {
    return Array.from({ length: this.count }, (_, n) => this.item(n)).filter((item) => item !== undefined);
  }

  #byte(n: number): number {
    return this.bytes[n * bytesOfMark + atKind] ?? 0;
  }
}

/** A run whose id is made when it is asked for. */
class MarkedRun implements StripItem {
  readonly is: StripItem['is'];
  readonly startedMs: number;
  declare readonly durationMs?: number;
  readonly #marks: Marks;
  readonly #n: number;

  constructor(marks: Marks, n: number, is: StripItem['is'], durationMs: number | undefined) {
    this.is = is;
    this.startedMs = marks.atMs(n);
    if (durationMs !== undefined) this.durationMs = durationMs;
    this.#marks = marks;
    this.#n = n;
  }

  get run(): string {
    return this.#marks.run(this.#n);
  }
}

export const noMarks = new Marks(Buffer.alloc(0), []);

export function marksOf(entries: readonly HistoryEntry[]): Marks {
  if (entries.length === 0) return noMarks;
  const bytes = Buffer.alloc(entries.length * bytesOfMark);
  const oddIds: string[] = [];
  for (const [n, entry] of entries.entries()) {
    const from = n * bytesOfMark;
    bytes.writeDoubleLE(entryMs(entry), from);
    const { durationMs = noDuration } = entry.is === 'run' ? entry.run : {};
    bytes.writeUInt32LE(Math.min(noDuration, Math.max(0, Math.round(durationMs))), from + atDuration);
    const id = entry.is === 'run' ? idOf(entry.run.run) : { second: 0, random: 0 };
    bytes.writeUInt32LE(id?.second ?? 0, from + atSecond);
    bytes.writeUInt32LE(id?.random ?? oddIds.length, from + atRandom);
    if (id === undefined && entry.is === 'run') oddIds.push(entry.run.run);
    bytes[from + atKind] = byteOf(entry) | (id === undefined ? oddBit : 0);
  }
  return new Marks(bytes, oddIds);
}

export function joined(first: Marks, second: Marks): Marks {
  if (second.count === 0) return first;
  if (first.count === 0) return second;
  const bytes = Buffer.concat([first.bytes, second.bytes]);
  for (let n = first.count; n < first.count + second.count; n += 1) {
    const from = n * bytesOfMark;
    if (((bytes[from + atKind] ?? 0) & oddBit) === 0) continue;
    bytes.writeUInt32LE(bytes.readUInt32LE(from + atRandom) + first.oddIds.length, from + atRandom);
  }
  return new Marks(bytes, [...first.oddIds, ...second.oddIds]);
}

export function isDecision(entry: HistoryEntry): boolean {
  return entry.is === 'steered' || (entry.is === 'service' && entry.entry.by !== undefined);
}

function byteOf(entry: HistoryEntry): number {
  const is = entry.is === 'run' ? stripKindOf(entry.run.outcome) : 'event';
  return kinds.indexOf(is) | (isFailure(entry) ? failureBit : 0) | (isDecision(entry) ? decisionBit : 0);
}

function idOf(run: string): { readonly second: number; readonly random: number } | undefined {
  const found = usualId.exec(run);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  // The 30th of February would be another day, and 25 o'clock another hour.
  const isTime = new Date(ms).getUTCDate() === day && month <= 12 && hour < 24 && minute < 60 && second < 60;
  if (!isTime || month < 1 || ms < 0 || ms >= 2 ** 32 * 1000) return undefined;
  return { second: ms / 1000, random: Number.parseInt(found[7] ?? '', 16) };
}

function idText(second: number, random: number): string {
  const time = new Date(second * 1000).toISOString();
  const stamp = time.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${random.toString(16).padStart(8, '0')}`;
}
