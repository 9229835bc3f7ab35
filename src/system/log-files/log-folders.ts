/**
 * Lists the folders of the jobs' logs, and removes and compresses logs. Files are reached through
 * the open folder (/proc/self/fd), so that a folder that is replaced by a link meanwhile leads
 * nowhere.
 */
import type { Dirent, Stats } from 'node:fs';
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fchmodSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { attempt } from '../file/attempt.ts';
import type { LogFile, LogFolders } from '../types/log-file.ts';

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const draftFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A hidden name that no log has, so that a leftover draft does not count as a log. */
const draftOf = (name: string) => `.${name}.gz.part`;
const isDraft = (name: string) => name.startsWith('.') && name.endsWith('.log.gz.part');

export function logFolders(outputDirectory: string): LogFolders {
  const inFolder = <T>(slug: string, act: (at: string) => T) => throughOpen(path.join(outputDirectory, slug), act);
  return {
    list() {
      const entries = entriesOf(outputDirectory);
      const named = (is: (entry: Dirent) => boolean) => entries.filter(is).map(({ name }) => name);
      return { slugs: named((e) => e.isDirectory()).sort(), links: named((e) => e.isSymbolicLink()).sort() };
    },
    read: (slug) => inFolder(slug, filesAt) ?? { files: [], links: [] },
    remove: (slug, name) => attempt(() => inFolder(slug, (at) => removeFile(path.join(at, name)))),
    async compress(slug, name) {
      const folder = openFolder(path.join(outputDirectory, slug));
      if (folder === undefined) return { ok: true };
      try {
        await compressAt(`/proc/self/fd/${folder}`, name);
        return { ok: true };
      } catch (error) {
        return { ok: false, reason: (error as Error).message };
      } finally {
        closeSync(folder);
      }
    },
    clearUnfinished(slug) {
      inFolder(slug, (at) => {
        for (const { name } of entriesOf(at)) if (isDraft(name)) removeFile(path.join(at, name));
      });
    },
  };
}

/** A descriptor of the folder; `undefined` when it is missing, a link, a file or not readable. */
function openFolder(folder: string): number | undefined {
  try {
    return openSync(folder, folderFlags);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

function throughOpen<T>(folder: string, act: (at: string) => T): T | undefined {
  const fd = openFolder(folder);
  if (fd === undefined) return undefined;
  try {
    return act(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** The entries; none when the directory is missing. */
function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function filesAt(at: string): { files: readonly LogFile[]; links: readonly string[] } {
  const entries = entriesOf(at);
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
  const files = entries.flatMap(({ name }) => {
    const facts = lstatSync(path.join(at, name), { throwIfNoEntry: false });
    return facts?.isFile() ? [{ name, sizeBytes: facts.size, mtimeMs: facts.mtimeMs }] : [];
  });
  return { files, links };
}

function removeFile(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile()) rmSync(file, { force: true });
}

async function compressAt(at: string, name: string): Promise<void> {
  const original = openSync(path.join(at, name), readFlags);
  const draft = path.join(at, draftOf(name));
  try {
    const facts = fstatSync(original);
    if (!facts.isFile()) throw new Error(`${name} is not a file`);
    await gzip(original, draft, facts);
    const now = fstatSync(original);
    if (now.size !== facts.size || now.mtimeMs !== facts.mtimeMs) throw new Error(`${name} changed while it was read`);
    renameSync(draft, path.join(at, `${name}.gz`));
    rmSync(path.join(at, name));
  } finally {
    closeSync(original);
    rmSync(draft, { force: true });
  }
}

/**
 * Compresses to the draft and flushes it: after a power failure the original must not be gone while
 * this is empty.
 */
async function gzip(original: number, draft: string, { mode, atimeMs, mtimeMs }: Stats): Promise<void> {
  const fd = openSync(draft, draftFlags, 0o600);
  try {
    const from = createReadStream('', { fd: original, autoClose: false, start: 0 });
    await pipeline(from, createGzip(), createWriteStream('', { fd, autoClose: false }));
    fchmodSync(fd, mode & 0o777);
    futimesSync(fd, atimeMs / 1000, mtimeMs / 1000);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
