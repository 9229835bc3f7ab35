/** The two files of a history, with what tells whether they are the same, have grown, or are others. */
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { OddFileError, pinned, readEnd, readFrom, withDescriptor } from '../../../system/file/careful-file.ts';
import { files } from '../../../system/file/files.ts';

export interface HistoryKey {
  readonly inode: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** The older file, and that of the Python process-control. */
  readonly others: string;
}

export interface HistoryFiles {
  /** The end of a longer file is read, no more. */
  readonly limitBytes: number;
  key(slug: string): HistoryKey;
  /** The lines of both files, and where in the younger one its first line here begins; `undefined` when it can't be read. */
  whole(slug: string): { readonly older: string; readonly text: string; readonly from: number } | undefined;
  /** The bytes of the younger file from there on, and those before that prove that it is the same file; `undefined` when it can't be read. */
  rest(slug: string, from: number): { readonly before: Buffer; readonly bytes: Buffer } | undefined;
}

/** So many bytes before the place from which on a file is read tell that it still is the one that was read before. */
const proofBytes = 256;
const newline = 10;

export function historyFiles(
  stateDirectory: string,
  limitBytes: number,
  predecessorDirectories: readonly string[],
): HistoryFiles {
  const end = (name: string) => {
    const { bytes, from } = readEnd(stateDirectory, `history/${name}`, limitBytes);
    const skipped = from === 0 ? 0 : bytes.indexOf(newline) + 1;
    return { text: bytes.toString('utf8', skipped), from: from + skipped };
  };
  return {
    limitBytes,
    key(slug) {
      const file = path.join(stateDirectory, 'history', `${slug}.jsonl`);
      const own = files.facts(file);
      const places = [`${file}.1`, ...predecessorDirectories.map((place) => path.join(place, `${slug}.yaml`))];
      const others = places.map((place) => files.facts(place));
      return {
        inode: own?.inode ?? 0,
        sizeBytes: own?.sizeBytes ?? 0,
        // Just after a rotation there is only the older file.
        mtimeMs: own?.mtimeMs ?? others.reduce((newest, facts) => Math.max(newest, facts?.mtimeMs ?? 0), 0),
        others: others.map((facts) => facts && `${facts.inode} ${facts.sizeBytes} ${facts.mtimeMs}`).join(','),
      };
    },
    whole: (slug) =>
      ifReadable(() => {
        // The older one first: after a rotation in between lines are missing, and the key is another one.
        const older = orNone(() => end(`${slug}.jsonl.1`).text) ?? '';
        return { older, ...(orNone(() => end(`${slug}.jsonl`)) ?? { text: '', from: 0 }) };
      }),
    rest: (slug, from) =>
      ifReadable(() =>
        pinned(stateDirectory, `history/${slug}.jsonl`, ({ facts, open }) =>
          withDescriptor(open(), (fd) => {
            const first = Math.max(0, from - proofBytes);
            const bytes = readFrom(fd, first, Math.max(0, facts.size - first));
            return { before: bytes.subarray(0, from - first), bytes: bytes.subarray(from - first) };
          }),
        ),
      ),
  };
}

/** Tells by the bytes before a place in a file whether it still is the file that was read up to there. */
export function proofOf(bytes: Buffer): number {
  return crc32(bytes.subarray(Math.max(0, bytes.length - proofBytes)));
}

function orNone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OddFileError || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

export function isSame(a: HistoryKey, b: HistoryKey): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs && a.inode === b.inode && a.others === b.others;
}

/** True when more was appended, as far as the facts of the files say. */
export function hasGrown(a: HistoryKey, b: HistoryKey): boolean {
  return a.inode === b.inode && a.others === b.others && b.sizeBytes > a.sizeBytes;
}
