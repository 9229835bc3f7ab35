/**
 * The mounted file systems of this process, and which of them do not answer: a program that opens
 * anything on the mount of a dead file server hangs.
 */
import { spawn } from 'node:child_process';
// biome-ignore lint/style/noRestrictedImports: reads /proc/self/mounts, and opens nothing else.
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

export interface Mount {
  readonly at: string;
  /** A device, or what a file server exports: "nas:/jobs". */
  readonly source: string;
  readonly type: string;
  readonly readOnly: boolean;
}

/** The mounts in /proc/self/mounts; a later one hides an earlier one at the same place. */
export function listMounts(): readonly Mount[] {
  try {
    return readFileSync('/proc/self/mounts', 'utf8').split('\n').flatMap(mountOf);
  } catch {
    return [];
  }
}

function mountOf(line: string): readonly Mount[] {
  const [source = '', at, type = '', options = ''] = line.split(' ').map(unescaped);
  return at === undefined ? [] : [{ at, source, type, readOnly: options.split(',').includes('ro') }];
}

/** Blanks and backslashes are written as octal numbers. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** File systems behind which a server or a program answers. */
const remoteType = /^(?:nfs4?|cifs|smb3|smbfs|9p|afs|ceph|glusterfs|lustre|fuse(?:\..*)?|fuseblk|autofs|ocfs2|gfs2)$/;

/** The remote file systems that do not answer in time. What asked them is left to itself. */
export async function silentMounts(mounts: readonly Mount[], limitMs: number): Promise<readonly Mount[]> {
  const remote = mounts.filter(({ type }) => remoteType.test(type));
  const answers = await Promise.all(remote.map(({ at }) => answersInTime(at, limitMs)));
  return remote.filter((_mount, index) => !answers[index]);
}

/** Only another process can be given up: a system call on a dead mount can't be interrupted. */
function answersInTime(directory: string, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('/usr/bin/stat', ['-f', '--', directory], { stdio: 'ignore', cwd: '/', env: {} });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      resolve(false);
    }, limitMs);
    const end = () => {
      clearTimeout(timer);
      resolve(true);
    };
    child.once('error', end).once('exit', end);
  });
}

/** Links in a row that are followed, as the kernel does. */
const mostLinks = 40;

/**
 * The mount that has the file or directory. Links are followed, but nothing on one of `silent` is
 * touched: the way ends there.
 */
export function mountWith(place: string, mounts: readonly Mount[], silent: readonly Mount[] = []): Mount | undefined {
  let resolved = '/';
  let rest = place.split('/').filter(Boolean);
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...others] = rest;
    const next = path.join(resolved, part);
    const mount = holderOf(next, mounts);
    if (mount !== undefined && silent.includes(mount)) return mount;
    const target = part === '..' || links >= mostLinks ? undefined : linkTarget(next);
    rest = target === undefined ? others : [...target.split('/').filter(Boolean), ...others];
    if (target === undefined) resolved = next;
    else links += 1;
    if (target?.startsWith('/')) resolved = '/';
  }
  return holderOf(resolved, mounts);
}

function linkTarget(place: string): string | undefined {
  try {
    return lstatSync(place).isSymbolicLink() ? readlinkSync(place) : undefined;
  } catch {
    return undefined;
  }
}

function holderOf(place: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts.reduce<Mount | undefined>((best, mount) => {
    const holds = mount.at === '/' || place === mount.at || place.startsWith(`${mount.at}/`);
    return holds && mount.at.length >= (best?.at.length ?? 0) ? mount : best;
  }, undefined);
}
