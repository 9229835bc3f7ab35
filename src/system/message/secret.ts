/** Reads a secret from the file that the configuration names. It is read only when it is needed. */
import { OddFileError, readFrom } from '../file/careful-file.ts';
import { inNamedFile } from '../file/named-file.ts';

export type SecretRead =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly reason: string };

const lineLimitBytes = 4096;
const fileLimitBytes = 64 * 1024;

/** The first line of a regular file of at most 4 KiB that not everyone can read. */
export function readSecret(path: string): SecretRead {
  const read = readSecretText(path, lineLimitBytes);
  if (!read.ok) return read;
  const secret = read.secret.split(/\r?\n/, 1)[0] ?? '';
  return secret === '' ? { ok: false, reason: `${path}: its first line is empty` } : { ok: true, secret };
}

/** The text of a regular file of at most 64 KiB that not everyone can read. */
export function readSecretFile(path: string): SecretRead {
  return readSecretText(path, fileLimitBytes);
}

function readSecretText(path: string, limitBytes: number): SecretRead {
  try {
    return inNamedFile(path, (fd, facts) => {
      if ((facts.mode & 0o004) !== 0)
        return { ok: false, reason: `${path}: everyone can read it, so it is not used: chmod o-r` };
      if (facts.size > limitBytes) return { ok: false, reason: `${path}: larger than ${limitBytes} bytes` };
      return { ok: true, secret: readFrom(fd, 0, limitBytes).toString('utf8') };
    });
  } catch (error) {
    if (error instanceof OddFileError) return { ok: false, reason: `${path}: ${error.message}` };
    return { ok: false, reason: (error as Error).message };
  }
}
