/**
 * Makes a server listen on a Unix socket. Who may connect is decided by the socket's mode and group, so the socket never exists with a wider mode
 * than its last one.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import path from 'node:path';
import process from 'node:process';

export interface SocketPlace {
  readonly path: string;
  /** The socket's group, whose members may connect. */
  readonly gid?: number;
  /** `owner`: only the program's own user and root may connect. */
  readonly access: 'group' | 'owner';
}

/** sockaddr_un has 108 bytes, the last one of which is NUL. */
const longestPath = 107;

/** Rejects with words for the operator. */
export async function listenOnSocket(server: Server, place: SocketPlace): Promise<void> {
  const words = refusalOf(place.path);
  if (words !== undefined) throw new Error(words);
  try {
    await listen(server, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
      throw new Error(failureWords(place.path, error as Error));
    if (await isAnswered(place.path)) throw new Error(`${place.path}: another program listens there already`);
    // Its program was killed.
    unlinkSync(place.path);
    await listen(server, place);
  }
}

/** Makes the directory if there is none: the run directory of a user's own is made by the first run otherwise. */
function refusalOf(file: string): string | undefined {
  if (Buffer.byteLength(file) > longestPath) return `${file}: a socket's path has at most ${longestPath} bytes`;
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const { mode } = statSync(folder);
    if ((mode & 0o1002) === 0o002)
      return `${folder}: everyone can write there, so anyone could put a page of their own in place of this one`;
  } catch (error) {
    return failureWords(folder, error as Error);
  }
  const facts = lstatSync(file, { throwIfNoEntry: false });
  return facts === undefined || facts.isSocket() ? undefined : `${file}: it is there already and no socket`;
}

function failureWords(place: string, { code, message }: NodeJS.ErrnoException): string {
  const isRefused = code === 'EACCES' || code === 'EPERM' || code === 'ERR_ACCESS_DENIED';
  return `${place}: ${isRefused ? 'permission denied; --socket names another place' : message}`;
}

/** Binds within the call, so the umask holds for this socket alone. */
async function listen(server: Server, { path: file, gid, access }: SocketPlace): Promise<void> {
  const before = process.umask(access === 'owner' || gid !== undefined ? 0o177 : 0o117);
  const listening = new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once('error', failed).listen(file, () => {
      server.off('error', failed);
      resolve();
    });
  });
  process.umask(before);
  await listening;
  if (gid === undefined || access === 'owner') return;
  try {
    if (lstatSync(file).gid !== gid) chownSync(file, process.geteuid?.() ?? -1, gid);
    chmodSync(file, 0o660);
  } catch {
    server.close();
    throw new Error(`${file}: this program is not in the group that web.group names, so it can't give it the socket`);
  }
}

function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(file);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}
