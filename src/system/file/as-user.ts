/**
 * Finds out, as root, what another user may read, by trying it as that user. So mode bits, groups,
 * ACLs and the directories above count as the kernel counts them. Only the effective ids change, so
 * that the user can't trace or signal this process, and only around synchronous calls.
 */
import { closeSync, lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { User } from '../types/user.ts';
import { openCarefully, pinned } from './careful-file.ts';
import { files } from './files.ts';

/** The groups of this user; unless the caller is root, the caller's own. */
export function groupIdsOf(user: User): readonly number[] {
  return asUser(user, () => process.getgroups?.() ?? []);
}

/**
 * Makes root's process open and list files as the service user from now on. Does nothing for other
 * callers.
 */
export function lookAs(user: User): void {
  become(user);
}

/**
 * The result of `act`, done with the rights of `user` if the caller is root, otherwise with the
 * caller's own.
 */
export function asUser<T>(user: User, act: () => T): T {
  const before = become(user);
  if (before === undefined) return act();
  try {
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(before.gid);
    process.setgroups?.(before.groups);
  }
}

/** process.initgroups(), which the types do not declare. */
const { initgroups } = process as { initgroups?: (user: string, extraGroup: number) => void };

interface Before {
  readonly gid: number;
  readonly groups: number[];
}

function become({ name, uid, gid }: User): Before | undefined {
  if (process.geteuid?.() !== 0 || uid === 0) return undefined;
  const before = { gid: process.getegid?.() ?? 0, groups: process.getgroups?.() ?? [] };
  try {
    initgroups?.(name, gid);
    process.setegid?.(gid);
    process.seteuid?.(uid);
    return before;
  } catch (error) {
    // Root without CAP_SETUID, as in some containers: careful-file.ts still protects.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    process.setgroups?.(before.groups);
    process.setegid?.(before.gid);
    return undefined;
  }
}

/**
 * The reason why `user` can't read an existing file or list an existing directory, with the command
 * that gives the right; `undefined` when the user can. Only root can know that about other users.
 */
export function unreadableBy(user: User, file: string, kind: 'file' | 'directory'): string | undefined {
  if (process.geteuid?.() !== 0 || user.uid === 0) return undefined;
  const resolved = files.resolve(file);
  if (resolved === undefined) return undefined;
  const place = asUser(user, () => firstClosed(resolved, kind));
  return place === undefined ? undefined : wordsOf(user, place);
}

/**
 * The items whose file `user` can't open for reading or that is not a regular file. The caller
 * finds the reason of each.
 */
export function unopenedBy<T>(user: User, items: readonly T[], pathOf: (item: T) => string): readonly T[] {
  if (process.geteuid?.() !== 0 || user.uid === 0) return [];
  return asUser(user, () => items.filter((item) => !opens(pathOf(item))));
}

function opens(file: string): boolean {
  try {
    closeSync(openCarefully(path.dirname(file), path.basename(file)));
    return true;
  } catch {
    return false;
  }
}

interface Closed {
  readonly path: string;
  readonly lacks: 'read' | 'list' | 'enter';
}

/** The first directory from the root down, or the file, that the effective user may not use. */
function firstClosed(resolved: string, kind: 'file' | 'directory'): Closed | undefined {
  const parts = resolved.split('/').slice(1);
  for (let depth = 0; depth < parts.length; depth += 1) {
    const directory = `/${parts.slice(0, depth).join('/')}`;
    if (!canEnter(`/${parts.slice(0, depth + 1).join('/')}`)) return { path: directory, lacks: 'enter' };
  }
  if (kind === 'directory') return files.list(resolved) === undefined ? { path: resolved, lacks: 'list' } : undefined;
  return canRead(resolved) ? undefined : { path: resolved, lacks: 'read' };
}

/** True also for a path that is not a file, which is another problem. */
function canRead(file: string): boolean {
  try {
    pinned(path.dirname(file), path.basename(file), ({ facts, reopen }) => {
      if (facts.isFile()) closeSync(reopen());
    });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

/** False when the directory of the entry may not be entered. */
function canEnter(entry: string): boolean {
  try {
    lstatSync(entry);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

const fixes = { read: 'g+r', list: 'g+rx', enter: 'g+x' } as const;
const rights = { read: 'read', list: 'list', enter: 'enter' } as const;

function wordsOf(user: User, { path: place, lacks }: Closed): string {
  const { mode, uid, gid } = statSync(place);
  const facts = `mode 0${(mode & 0o7777).toString(8)}, uid ${uid}, gid ${gid}`;
  return `${user.name}, who runs the jobs, may not ${rights[lacks]} ${place} (${facts}): chgrp ${user.gid} ${place} && chmod ${fixes[lacks]} ${place}`;
}
