/** Open files that a program was started with and must not keep open or pass on. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Closes what this program was started with and did not open itself: Node marks most such descriptors as not to be inherited, but not those
 * behind a gap in their numbers, and a shell can name only single digits. What Node opens itself always carries the mark.
 */
export function closeLeaks(): void {
  for (const name of readdirSync('/proc/self/fd')) {
    if (Number(name) > 2 && isInherited(name)) closeSync(Number(name));
  }
}

function isInherited(fd: string): boolean {
  const closeOnExec = 0o2000000;
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The descriptor with which the directory was read is closed by now.
    return false;
  }
}
