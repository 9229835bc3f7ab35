/** Reads a secret from the file that the configuration names, when it is needed and never before. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

export type SecretRead =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly reason: string };

const limitBytes = 4096;

/** The first line of a regular file of at most 4 KiB that not everyone can read. */
export function readSecret(path: string): SecretRead {
  let fd: number | undefined;
  try {
    // Non-blocking, so that a FIFO in its place can't hang the program.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const facts = fstatSync(fd);
    if (!facts.isFile()) return { ok: false, reason: `${path}: not a regular file` };
    if ((facts.mode & 0o004) !== 0)
      return { ok: false, reason: `${path}: everyone can read it, so it is not used: chmod o-r` };
    if (facts.size > limitBytes) return { ok: false, reason: `${path}: larger than ${limitBytes} bytes` };
    const buffer = Buffer.alloc(limitBytes);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, limitBytes, 0));
    const secret = text.split(/\r?\n/, 1)[0] ?? '';
    return secret === '' ? { ok: false, reason: `${path}: its first line is empty` } : { ok: true, secret };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
