/** A second way to a terminal that never blocks: Node writes to one synchronously, and a person may stop it with Ctrl-S for hours. */
import { constants, fstatSync, openSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';

const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A new descriptor for the terminal that `fd` is; `undefined` when it is none, or can't be opened. */
export function openTerminal(fd: number): number | undefined {
  if (!isatty(fd) && !isRelayed(fd)) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch {
    // After sudo the terminal belongs to somebody else; the way through /dev/tty is open to all who run on it.
    return isControlling(fd) ? openControlling() : undefined;
  }
}

/** Root's process has a terminal there and passes on to it what comes through this pipe (relay.ts). */
function isRelayed(fd: number): boolean {
  return (process.env.PROCESS_CONTROL_TERMINAL ?? '').split(' ').includes(String(fd));
}

function openControlling(): number | undefined {
  try {
    return openSync('/dev/tty', flags);
  } catch {
    return undefined;
  }
}

/** Field 7 of /proc/PID/stat is the number of the controlling terminal; the name before it may contain blanks and brackets. */
function isControlling(fd: number): boolean {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[4]) === fstatSync(fd).rdev;
}
