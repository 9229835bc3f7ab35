/**
 * Appends lines to a log file that other processes append to, and that may be renamed or full at
 * any time.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Delivery } from '../types/message.ts';

// The file is opened for each write, as logrotate expects. Non-blocking, so that a FIFO without a
// reader is an error.
const flags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

/**
 * Appends the lines; never rejects. Does not create the directory, which would belong to the first
 * user who runs a program.
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<Delivery> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, flags, 0o640);
    await file.appendFile(`${lines.join('\n')}\n`);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: `${path}: ${(error as Error).message}` };
  } finally {
    await file?.close().catch(() => {});
  }
}
