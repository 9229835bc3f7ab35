/**
 * What another user may read, tried by root as that user: mode bits, groups, ACLs and every directory above count as the kernel counts them.
 * Only the effective ids change, so that nobody can trace or signal this process meanwhile; and only around synchronous calls.
 */
import { closeSync, lstatSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { User } from '../types/user.ts';
import { openCarefully, pinned } from './careful-file.ts';
import { files } from './files.ts';

/** The groups that count for this user; for anybody but root their own. */
export function groupIdsOf(user: User): readonly number[] {
  return asUser(user, () => process.getgroups?.() ?? []);
}

/** Goes on as the service user in what this program opens and lists from now on. Does nothing for anybody but root. */
export function lookAs(user: User): void {
  become(user);
}

/** What `act` returns when it is done with the rights of `user`; as root it is done as that user, by anybody else as they are. */
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

/** process.initgroups(), of which the types know nothing. */
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
    // A root without CAP_SETUID, as in some containers: the careful reader is the other wall.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    process.setgroups?.(before.groups);
    process.setegid?.(before.gid);
    return undefined;
  }
}

/**
 * Why `user` can't read a file or list a directory that is there, and what gives the right, as the end of a sentence; `undefined` when nothing
 * is in the way. Only root can tell of others.
 */
export function unreadableBy(user: User, file: string, kind: 'file' | 'directory'): string | undefined {
  if (process.geteuid?.() !== 0 || user.uid === 0) return undefined;
  const resolved = files.resolve(file);
  if (resolved === undefined) return undefined;
  const place = asUser(user, () => firstClosed(resolved, kind));
  return place === undefined ? undefined : wordsOf(user, place);
}

/** Those whose file `user` can't open for reading, and those that are no plain files in their place: whoever is told why looks at each. */
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

/** From the root down, with the effective ids: what opening would meet. */
function firstClosed(resolved: string, kind: 'file' | 'directory'): Closed | undefined {
  const parts = resolved.split('/').slice(1);
  for (let depth = 0; depth < parts.length; depth += 1) {
    const directory = `/${parts.slice(0, depth).join('/')}`;
    if (!canEnter(`/${parts.slice(0, depth + 1).join('/')}`)) return { path: directory, lacks: 'enter' };
  }
  if (kind === 'directory') return files.list(resolved) === undefined ? { path: resolved, lacks: 'list' } : undefined;
  return canRead(resolved) ? undefined : { path: resolved, lacks: 'read' };
}

/** True also for what is no file: that is another problem. */
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

/** Whether what is in the directory can be looked at. */
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
