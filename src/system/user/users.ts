/**
 * The users of the host: from /etc/passwd, which is fast, then from getent(1), which also knows
 * those of LDAP.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { User, Users } from '../types/user.ts';

export const users: Users = {
  find(nameOrUid) {
    // A name with one of these characters would be two fields or two lines.
    if (nameOrUid === '' || /[:\n\0]/.test(nameOrUid)) return undefined;
    if (!known.has(nameOrUid)) known.set(nameOrUid, look(nameOrUid));
    return known.get(nameOrUid);
  },
};

/**
 * The users that were looked up. A run looks up the same ones often, and no program needs to see a
 * change.
 */
const known = new Map<string, User | undefined>();

function look(nameOrUid: string): User | undefined {
  passwd ??= readPasswd();
  return fromPasswd(passwd, nameOrUid) ?? fromPasswd(askNss(nameOrUid), nameOrUid);
}
let passwd: string | undefined;

/** The user with this name, otherwise the one with this uid, as in chown(1). */
export function fromPasswd(text: string, nameOrUid: string): User | undefined {
  const all = text.split('\n').map(userOf);
  return (
    all.find((user) => user?.name === nameOrUid) ??
    all.find((user) => user !== undefined && String(user.uid) === nameOrUid)
  );
}

function userOf(line: string): User | undefined {
  const [name, , uid, gid, , home, shell] = line.split(':');
  if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' };
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

function askNss(nameOrUid: string): string {
  const { stdout } = spawnSync('/usr/bin/getent', ['passwd', '--', nameOrUid], {
    encoding: 'utf8',
    timeout: 10_000,
    env: { PATH: '/usr/bin:/bin' },
  });
  return stdout ?? '';
}
