/**
 * Reads a configuration file only if nobody but its rightful owners can have written it: it is a
 * regular file, and every directory above it can be written by them alone. Such a file decides what
 * root runs, so a file that can't be checked is refused.
 */
import type { FileFacts, Files } from '../system/types/file.ts';

export type Trusted =
  | { readonly is: 'read'; readonly path: string; readonly bytes: Uint8Array; readonly ownerUid: number }
  | { readonly is: 'absent' }
  | { readonly is: 'refused'; readonly reason: string };

const limitBytes = 256 * 1024;

/** `ownerUids` are root and, if the caller's own files count, the caller. */
export function readTrusted(path: string, ownerUids: readonly number[], files: Files): Trusted {
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path))
    return refused('a configuration file may not have control characters in its name');
  if (/^\/+proc(?:\/|$)/.test(path)) return refused('a configuration file may not be in /proc');
  // The resolved path has no links left that could be changed between the checks and the read.
  const resolved = files.resolve(path);
  if (resolved === undefined) {
    return files.facts(path) === undefined ? { is: 'absent' } : refused('this link does not lead to a file');
  }
  if (/^\/proc\//.test(resolved)) return refused('a configuration file may not be in /proc');
  for (const directory of directoriesAbove(resolved)) {
    const reason = unsafe(files.facts(directory), ownerUids);
    if (reason) return refused(`the directory ${directory} ${reason}`);
  }
  const read = files.readRegular(resolved, { limitBytes });
  if (read.is !== 'read') return read;
  const reason = unsafe(read.facts, ownerUids);
  return reason
    ? refused(`this configuration ${reason}`)
    : { is: 'read', path: resolved, bytes: read.bytes, ownerUid: read.facts.uid };
}

/** Returns the directories above a path, from the root down. */
function directoriesAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return ['/', ...parts.map((_part, depth) => `/${parts.slice(0, depth + 1).join('/')}`)];
}

/**
 * Returns the reason why others than the owners could have written a file, and the remedy. A sticky
 * directory counts as writable by all.
 */
function unsafe(facts: FileFacts | undefined, ownerUids: readonly number[]): string | undefined {
  if (facts === undefined) return 'vanished while it was looked at';
  if (!ownerUids.includes(facts.uid)) {
    return `belongs to uid ${facts.uid}; it must belong to ${ownerUids.map((uid) => (uid === 0 ? 'root' : `uid ${uid}`)).join(' or ')}`;
  }
  // chmod on a shared directory such as /tmp would be the wrong advice.
  const shared = facts.kind === 'directory' && (facts.mode & 0o1000) !== 0;
  const only = ownerUids.length > 1 ? 'you' : 'root';
  const remedy = (mode: string) => (shared ? `keep the configuration where only ${only} can write` : `chmod ${mode}`);
  if ((facts.mode & 0o002) !== 0) return `can be written by everyone: ${remedy('o-w')}`;
  if ((facts.mode & 0o020) !== 0) return `can be written by a group: ${remedy('g-w')}`;
  return undefined;
}

function refused(reason: string): Trusted {
  return { is: 'refused', reason };
}
