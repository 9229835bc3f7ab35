/** A large file of a program's own, written in parts beside other work. It is one that may be lost: nothing is flushed. */
import { closeSync, renameSync, rmSync, write } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { OddFileError, pinned, quietly, readFrom, withDescriptor } from '../file/careful-file.ts';
import { createFile } from '../file/new-file.ts';

/** Replaces the file by a rename, so that a reader sees the old one or the new one. Rejects as the system calls fail. */
export async function replaceLarge(file: string, parts: Iterable<Uint8Array>): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  // A killed process may have left it.
  rmSync(temporary, { force: true });
  const fd = createFile(temporary, 0o600);
  try {
    for (const block of blocksOf(parts)) await writeBlock(fd, block);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}

async function writeBlock(fd: number, block: Uint8Array): Promise<void> {
  for (let from = 0; from < block.length; )
    from += await new Promise<number>((resolve, reject) => {
      write(fd, block, from, (error, written) => (error === null ? resolve(written) : reject(error)));
    });
}

const blockBytes = 1024 * 1024;

/** Many small parts as few large ones. */
function* blocksOf(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    gathered.push(part);
    bytes += part.length;
    if (bytes < blockBytes) continue;
    yield Buffer.concat(gathered);
    [gathered, bytes] = [[], 0];
  }
  yield Buffer.concat(gathered);
}

/** The bytes of such a file; `undefined` when it is missing, larger than the limit, or not this user's own. */
export function readLarge(file: string, limitBytes: number): Buffer | undefined {
  return quietly(() =>
    pinned(path.dirname(file), path.basename(file), ({ facts: { size, uid }, open }) => {
      if (uid !== process.geteuid?.()) throw new OddFileError(`it belongs to uid ${uid}`);
      if (size > limitBytes) throw new OddFileError(`it has ${size} bytes`);
      return withDescriptor(open(), (fd) => readFrom(fd, 0, size));
    }),
  );
}
