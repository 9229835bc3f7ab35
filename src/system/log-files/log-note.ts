/** Adds a NOTE to the log of a run that has ended, such as a notice that could not be delivered. */
// biome-ignore lint/style/noRestrictedImports: only the service user opens the log of its own run, for writing; follows no link and waits for no FIFO.
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { printable } from '../../text/printable.ts';
import { clock } from '../time/clock.ts';
import { localOffset, Stamps } from './stamps.ts';

/** Appends the note. Does nothing when the log is gone or full: the history has the same words. */
export function noteInLog(path: string, words: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    writeSync(fd, `${new Stamps(clock.nowMs, localOffset()).prefix('NOTE')}${printable(words)}\n`);
  } catch {
    // The history has the words.
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
