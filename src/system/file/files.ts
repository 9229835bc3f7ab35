/**
 * Reads files that people write. No call hangs on a FIFO, opens a device, reads without bound or
 * throws.
 */
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
 * Pins the last part of the path, judges it, and opens it only if it is a regular file: opening a
 * device acts, and a link may lead to one. The file that was judged is the file that is read, also
 * when the path changes meanwhile.
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

/** The answer for a path that is not a link; `undefined` for a link. */
function readAt(directory: string, relative: string, limitBytes: number): FileRead | undefined {
  return pinned(directory, relative, ({ facts, reopen }) => {
    const kind = kindOf(facts);
    if (kind === 'symlink') return undefined;
    if (kind !== 'file') return refused(`this is ${kindWords[kind]}, not a file`);
    return withDescriptor(reopen(), (fd) => readOpen(fd, limitBytes));
  });
}

/** One buffer for all reads: a new one for each of 10,000 files costs more than reading them. */
let buffer = Buffer.alloc(0);

function readOpen(fd: number, limitBytes: number): FileRead {
  const before = fstatSync(fd);
  if (before.size > limitBytes)
    return refused(`the file has ${before.size} bytes, more than the ${limitBytes} that are read`);
  if (buffer.length <= limitBytes) buffer = Buffer.alloc(limitBytes + 1);
  let length = 0;
  // Growth shows in the facts afterwards, so the loop does not read on to the end: that would
  // double the reads.
  for (let count = -1; count !== 0 && length <= limitBytes && (length === 0 || length < before.size); length += count) {
    count = readSync(fd, buffer, length, limitBytes + 1 - length, null);
  }
  const after = fstatSync(fd);
  if (length !== after.size || before.mtimeMs !== after.mtimeMs || before.ctimeMs !== after.ctimeMs) {
    return refused('the file changed while it was read; try again');
  }
  return { is: 'read', bytes: Uint8Array.prototype.slice.call(buffer, 0, length), facts: factsOf(after) };
}

/** The answer for an error. A path through a file that is not a directory counts as absent. */
function unreadable(error: unknown): FileRead {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof NoDirectoryError) return { is: 'absent' };
  if (code === 'EACCES' || code === 'EPERM') return refused('this user may not read it');
  // open(2) of a socket, or of a device without a driver.
  if (code === 'ENXIO' || code === 'ENODEV') return refused('this is a socket or a device, not a file');
  if (code === undefined) throw error;
  return refused(`it can't be read (${code})`);
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
