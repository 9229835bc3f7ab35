/** Reading what people wrote: nothing here hangs on a FIFO, follows a device, reads without bound or throws. */
import { fstatSync, lstatSync, readdirSync, readSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { FileFacts, FileRead, Files } from '../types/file.ts';
import { NoDirectoryError, pinned, withDescriptor } from './careful-file.ts';
import { kindOf, kindWords } from './kind.ts';
import { codeOf } from './stage.ts';

type Limit = Parameters<Files['readRegular']>[1];

export const files: Files = {
  facts(path) {
    try {
      return factsOf(lstatSync(path));
    } catch {
      return undefined;
    }
  },
  resolve,
  readRegular(path, limit) {
    try {
      return openAndRead(path, limit);
    } catch (error) {
      return unreadable(error);
    }
  },
  list(directory) {
    try {
      return readdirSync(directory);
    } catch {
      return undefined;
    }
  },
};

function resolve(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/**
 * The last part of the path is pinned before it is judged, and opened only when it is a regular file in its place: opening a device acts, and
 * a link may lead to one. What was judged is what is read, also when the path is turned meanwhile.
 */
function openAndRead(wanted: string, { limitBytes, inside }: Limit): FileRead {
  const isBeside = inside === undefined || path.dirname(wanted) === inside;
  const read = isBeside ? readAt(path.dirname(wanted), path.basename(wanted), limitBytes) : undefined;
  if (read !== undefined) return read;
  const target = resolve(wanted);
  if (target === undefined) return files.facts(wanted) === undefined ? { is: 'absent' } : refused(deadLink);
  const root = inside === undefined ? path.dirname(target) : resolve(inside);
  if (root === undefined || !isInside(target, root)) return refused(`this link leads out of ${inside}`);
  return readAt(root, path.relative(root, target), limitBytes) ?? refused('this link changed while it was followed');
}

const deadLink = 'this link does not lead to a file';

function isInside(target: string, root: string): boolean {
  return target.startsWith(root === '/' ? root : `${root}/`);
}

/** `undefined` for a link. */
function readAt(directory: string, relative: string, limitBytes: number): FileRead | undefined {
  return pinned(directory, relative, ({ facts, reopen }) => {
    const kind = kindOf(facts);
    if (kind === 'symlink') return undefined;
    if (kind !== 'file') return refused(`this is ${kindWords[kind]}, not a file`);
    return withDescriptor(reopen(), (fd) => readOpen(fd, limitBytes));
  });
}

/** One for all reads: a fresh buffer for each of 10,000 files costs more than reading them. */
let buffer = Buffer.alloc(0);

function readOpen(fd: number, limitBytes: number): FileRead {
  const before = fstatSync(fd);
  if (before.size > limitBytes)
    return refused(`the file has ${before.size} bytes, more than the ${limitBytes} that are read`);
  if (buffer.length <= limitBytes) buffer = Buffer.alloc(limitBytes + 1);
  let length = 0;
  // What is beyond the size shows in the facts afterwards; asking for the end too would be half of all reading.
  for (let count = -1; count !== 0 && length <= limitBytes && (length === 0 || length < before.size); length += count) {
    count = readSync(fd, buffer, length, limitBytes + 1 - length, null);
  }
  const after = fstatSync(fd);
  if (length !== after.size || before.mtimeMs !== after.mtimeMs || before.ctimeMs !== after.ctimeMs) {
    return refused('the file changed while it was read; try again');
  }
  return { is: 'read', bytes: Uint8Array.prototype.slice.call(buffer, 0, length), facts: factsOf(after) };
}

/** In the words that follow "file: "; a path through something that is no directory is as absent as a missing one. */
function unreadable(error: unknown): FileRead {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof NoDirectoryError) return { is: 'absent' };
  if (code === 'EACCES' || code === 'EPERM') return refused('this user may not read it');
  // Opening a socket, or a device without a driver.
  if (code === 'ENXIO' || code === 'ENODEV') return refused('this is a socket or a device, not a file');
  if (code === undefined) throw error;
  return refused(`it can not be read (${code})`);
}

function factsOf(stats: Stats): FileFacts {
  return {
    kind: kindOf(stats),
    uid: stats.uid,
    gid: stats.gid,
    mode: stats.mode & 0o7777,
    sizeBytes: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    inode: stats.ino,
    device: stats.dev,
    links: stats.nlink,
  };
}

function refused(reason: string): FileRead {
  return { is: 'refused', reason };
}
