/**
 * Opens a file that root's configuration, a job file or the host itself names by its whole path.
 *
 * Links are followed, unlike below the directories that jobs can write to (careful-file.ts).
 * Opening never waits: a FIFO or a device in the place of the file is an error.
 */
import { constants, fstatSync, openSync, type Stats } from 'node:fs';
import { OddFileError, withDescriptor } from './careful-file.ts';
import { kindOf, kindWords } from './kind.ts';

/**
 * The result of `act` for the open file. Throws as open(2) does, and an OddFileError when it is not
 * a regular file.
 */
export function inNamedFile<T>(path: string, act: (fd: number, facts: Stats) => T): T {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  return withDescriptor(openSync(path, flags), (fd) => {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw new OddFileError(`it is ${kindWords[kindOf(facts)]}, not a file`);
    return act(fd, facts);
  });
}
