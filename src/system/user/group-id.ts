/** The number of a group: from /etc/group, which is fast, then from getent(1), which also knows those of LDAP. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `undefined` if this host has no such group. */
export function groupId(nameOrGid: string): number | undefined {
  return fromGroups(readGroups(), nameOrGid) ?? fromGroups(askNss(nameOrGid), nameOrGid);
}

/** The group with this name, otherwise the one with this gid, as in chgrp(1). */
function fromGroups(text: string, nameOrGid: string): number | undefined {
  const all = text.split('\n').map((line) => line.split(':'));
  const found = all.find(([name]) => name === nameOrGid) ?? all.find(([, , gid]) => gid === nameOrGid);
  return found === undefined || !/^\d+$/.test(found[2] ?? '') ? undefined : Number(found[2]);
}

function readGroups(): string {
  try {
    return readFileSync('/etc/group', 'utf8');
  } catch {
    return '';
  }
}

function askNss(nameOrGid: string): string {
  const options = { encoding: 'utf8', timeout: 10_000, env: { PATH: '/usr/bin:/bin' } } as const;
  return spawnSync('/usr/bin/getent', ['group', '--', nameOrGid], options).stdout ?? '';
}
