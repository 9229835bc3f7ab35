/** Warns of files that were written for process-control and are not read because of their names. */
import type { Files } from '../system/types/file.ts';
import type { Problem } from '../text/problem.ts';

/**
 * Files that editors, package managers and configuration managers leave behind, which get no
 * warning.
 */
const leftover =
  /^[.#]|[~#]$|\.(?:bak|old|orig|save|rej|tmp|swp|swo|disabled|removed|dpkg-[a-z]+|ucf-[a-z]+|rpmsave|rpmnew|rpmorig|pacnew|pacsave|yaml\d.*)$/i;

/** True for names that look like those of our files and are not: `x.yml`, `x.YAML`, `x.json`. */
export function isUnreadName(name: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(name) && !name.endsWith('.yaml') && !leftover.test(name);
}

/** Returns the reason why a file of this name is not read, and its right name. */
export function unreadMessage(name: string, taken = false): string {
  const wanted = name.replace(/\.[^.]*$/, '.yaml');
  const remedy = taken ? `"${wanted}" is there as well: remove one of them` : `rename it to "${wanted}"`;
  return `this file is not read, because its name does not end in ".yaml"; ${remedy}`;
}

/** Returns the warnings about `names` in a directory whose `.yaml` files are read, sorted. */
export function unreadFiles(directory: string, names: readonly string[], files: Files): readonly Problem[] {
  return names
    .filter((name) => !name.endsWith('.yaml') && !leftover.test(name))
    .sort()
    .flatMap((name) => {
      const message = isUnreadName(name)
        ? unreadMessage(name, names.includes(name.replace(/\.[^.]*$/, '.yaml')))
        : unreadDirectory(directory, name, files);
      return message === undefined ? [] : [{ severity: 'warning', file: `${directory}/${name}`, message } as const];
    });
}

function unreadDirectory(directory: string, name: string, files: Files): string | undefined {
  const path = files.resolve(`${directory}/${name}`);
  if (path === undefined || files.facts(path)?.kind !== 'directory') return undefined;
  const held = (files.list(path) ?? []).filter((inner) => /\.ya?ml$/i.test(inner) && !leftover.test(inner)).sort();
  const [first] = held;
  if (first === undefined) return undefined;
  const which = held.length === 1 ? `"${first}" in it is` : `the ${held.length} YAML files in it ("${first}", …) are`;
  return `${which} not read: only files directly in ${directory} are`;
}
