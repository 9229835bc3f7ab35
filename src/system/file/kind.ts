/** The kind of a file, as lstat(2) tells it, and the words for it. */
import type { Stats } from 'node:fs';
import type { FileKind } from '../types/file.ts';

export function kindOf(stats: Stats): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}

export const kindWords: Readonly<Record<FileKind, string>> = {
  file: 'a file',
  directory: 'a directory',
  symlink: 'a link',
  fifo: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
};
