/** Adds a NOTE to the log of a run that is over: what became of its notices is known only then. */
// biome-ignore lint/style/noRestrictedImports: the service user, never root, opens the log of its own run for writing only, follows no link and waits for no FIFO.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { printable } from '../../text/printable.ts';
import { clock } from '../time/clock.ts';
import { localOffset, Stamps } from './stamps.ts';

/** A log that is gone or full takes no note; the history has the same words. */
export function noteInLog(path: string, words: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    writeSync(fd, `${new Stamps(clock.nowMs, localOffset()).prefix('NOTE')}${printable(words)}\n`);
  } catch {
    // Told elsewhere.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
