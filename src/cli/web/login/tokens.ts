/** The file of tokens that open the page behind a TCP port: several, one a line, read again when it has changed. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { OddFileError, readFrom } from '../../../system/file/careful-file.ts';
import { inNamedFile } from '../../../system/file/named-file.ts';

/** SHA-256 of each token: what is compared, so that no comparison tells how much of a guess is right. */
export type TokenHashes = readonly Buffer[];

export type TokensRead =
  | { readonly ok: true; readonly hashes: TokenHashes }
  | { readonly ok: false; readonly reason: string };

const limitBytes = 64 * 1024;
const mostTokens = 100;

/** The length of what `openssl rand -hex 16` prints. */
const shortest = 32;

export function readTokens(path: string): TokensRead {
  try {
    return inNamedFile(path, (fd, { mode, size }) => {
      if ((mode & 0o077) !== 0) return refused(path, 'others can read it, so it is not used: chmod 600');
      if (size > limitBytes) return refused(path, `larger than ${limitBytes} bytes`);
      return hashesOf(path, readFrom(fd, 0, limitBytes).toString('utf8'));
    });
  } catch (error) {
    return error instanceof OddFileError
      ? refused(path, error.message)
      : { ok: false, reason: (error as Error).message };
  }
}

function hashesOf(path: string, text: string): TokensRead {
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) return refused(path, 'it has no token: one a line, such as openssl rand -hex 32 prints');
  if (tokens.length > mostTokens) return refused(path, `it has more than ${mostTokens} tokens`);
  const wrong = tokens.findIndex((token) => !isToken(token));
  if (wrong !== -1)
    return refused(path, `token ${wrong + 1} is not one of ${shortest} to 512 letters, digits and signs`);
  return { ok: true, hashes: tokens.map(hashOf) };
}

function refused(path: string, words: string): TokensRead {
  return { ok: false, reason: `${path}: ${words}` };
}

/** Visible ASCII without blanks, which a header can carry. */
function isToken(text: string): boolean {
  return text.length >= shortest && text.length <= 512 && /^[!-~]+$/.test(text);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** True if one of them is this token. Each of them is compared, in the same time. */
export function isKnown(hashes: TokenHashes, token: string): boolean {
  const asked = hashOf(token);
  return hashes.map((hash) => timingSafeEqual(hash, asked)).includes(true);
}
