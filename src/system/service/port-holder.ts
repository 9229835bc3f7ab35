/**
 * Finds the process that listens on a port of this host, from the sockets and the open files that
 * /proc shows.
 */
// biome-ignore lint/style/noRestrictedImports: reads below /proc only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandLineOf, pids } from '../process/proc.ts';
import type { Survivor } from '../types/process.ts';

/** State of a listening socket in /proc/net/tcp (proc(5); the kernel's tcp_states.h). */
const listening = '0A';

/** The longest command line that is shown. */
const wordsLimit = 100;

/**
 * The process; `undefined` when there is none, or it belongs to another user, whose open files
 * can't be seen.
 */
export function listenerOn(port: number): Survivor | undefined {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => inodesIn(textOf(`/proc/net/${table}`), port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pid = pids().find((one) => openFilesOf(one).some((file) => sockets.has(file)));
  return pid === undefined ? undefined : { pid, command: commandLineOf(pid).slice(0, wordsLimit) };
}

function inodesIn(text: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === listening && local.endsWith(suffix) ? [inode] : [];
  });
}

function openFilesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
