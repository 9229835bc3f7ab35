/**
 * Opens a terminal in a way that never blocks: Node writes to one synchronously, and Ctrl-S can
 * stop it for hours.
 */
import { constants, fstatSync, openSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';

const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A new descriptor of the terminal at `fd`; `undefined` when it is not one or can't be opened. */
export function openTerminal(fd: number): number | undefined {
  if (!isatty(fd) && !isRelayed(fd)) return undefined;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch {
    // After sudo the terminal belongs to another user; /dev/tty is open to all processes of the
    // terminal.
    return isControlling(fd) ? openControlling() : undefined;
  }
}

/** True when root's process copies this pipe to a terminal (relay.ts). */
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

/**
 * True when `fd` is the controlling terminal: field 7 of /proc/PID/stat, counted after the name,
 * which may contain blanks and brackets.
 */
function isControlling(fd: number): boolean {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[4]) === fstatSync(fd).rdev;
}
