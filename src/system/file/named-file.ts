/**
 * Opens a file that root's configuration, a job file or the host itself names by its whole path.
 *
 * Links are followed, unlike below the directories that jobs can write to (careful-file.ts).
 * Opening never waits: a FIFO or a device in the place of the file is an error.
 */
import { constants, fstatSync, openSync, type Stats } from 'node:fs';
import { OddFileError, readFrom, withDescriptor } from './careful-file.ts';
import { kindOf, kindWords } from './kind.ts';

/**
 * The result of `act` for the open file. Throws as open(2) does, and an OddFileError when it is not
 * a regular file.
 */
export function inNamedFile<T>(path: string, act: (fd: number, facts: Stats) => T): T {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  return withDescriptor(openSync(path, flags), (fd) => {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new OddFileError(`it is ${kindWords[kindOf(facts)]}, not a file`);
    return act(fd, facts);
  });
}

export type SecretRead =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly reason: string };

const lineLimitBytes = 4096;
const fileLimitBytes = 256 * 1024;

const everyoneReads = { bits: 0o004, words: 'everyone can read it, so it is not used: chmod o-r' } as const;
const everyoneWrites = { bits: 0o002, words: 'everyone can write it, so it is not used: chmod o-w' } as const;

/** The first line of a regular file of at most 4 KiB that not everyone can read. */
export function readSecret(path: string): SecretRead {
  const read = readUnless(everyoneReads, path, lineLimitBytes);
  if (!read.ok) return read;
  const secret = read.secret.split(/\r?\n/, 1)[0] ?? '';
  return secret === '' ? { ok: false, reason: `${path}: its first line is empty` } : { ok: true, secret };
}

/** The text of a regular file of at most 256 KiB that not everyone can read. */
export function readSecretFile(path: string): SecretRead {
  return readUnless(everyoneReads, path, fileLimitBytes);
}

/** The text of a regular file of at most 256 KiB that not everyone can write: certificates are no secret. */
export function readCertificates(path: string): SecretRead {
  return readUnless(everyoneWrites, path, fileLimitBytes);
}

function readUnless(
  open: { readonly bits: number; readonly words: string },
  path: string,
  limitBytes: number,
): SecretRead {
  try {
    return inNamedFile(path, (fd, facts) => {
      if ((facts.mode & open.bits) !== 0) return { ok: false, reason: `${path}: ${open.words}` };
      if (facts.size > limitBytes) return { ok: false, reason: `${path}: larger than ${limitBytes} bytes` };
      return { ok: true, secret: readFrom(fd, 0, limitBytes).toString('utf8') };
    });
  } catch (error) {
    if (error instanceof OddFileError) return { ok: false, reason: `${path}: ${error.message}` };
    return { ok: false, reason: (error as Error).message };
  }
}
