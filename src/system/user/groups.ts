/** Compares the groups of this process with those that a user should have. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const id = '/usr/bin/id';

export function groupsOf(userName: string): { readonly own: readonly string[]; readonly due: readonly string[] } {
  const due = numbersAndNames(['--', userName]);
  const own = numbersAndNames([]);
  const names = new Map([...due, ...own]);
  const ownIds = [...new Set([process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])])];
  const nameOf = (gid: number) => names.get(gid) ?? String(gid);
  return { own: ownIds.map(nameOf), due: [...due.keys()].map(nameOf) };
}

/** The groups that id(1) lists. For a group without a name id(1) prints its number as the name. */
function numbersAndNames(words: readonly string[]): ReadonlyMap<number, string> {
  const ask = (option: string) =>
    spawnSync(id, [option, ...words], { encoding: 'utf8', timeout: 10_000, env: { PATH: '/usr/bin:/bin' } }).stdout ??
    '';
  const numbers = ask('-G').trim().split(/\s+/);
  const names = ask('-Gn').trim().split(/\s+/);
  return new Map(numbers.filter(Boolean).map((gid, index) => [Number(gid), names[index] ?? gid]));
}
