/** Reads the PID files of daemons, and checks that the process is alive and the right one. */
import { statSync } from 'node:fs';
import { OddFileError, readFrom } from '../file/careful-file.ts';
import { inNamedFile } from '../file/named-file.ts';
import { codeOf } from '../file/stage.ts';
import { isOver, readProcess } from '../process/proc.ts';
import type { ProcessIdentity } from '../types/process.ts';
import type { PidFiles } from '../types/service.ts';

/** The largest PID file. A number and a newline suffice; PostgreSQL's file has more lines. */
const limitBytes = 4096;

export const pidFiles: PidFiles = {
  look(path, { uid, notBefore }) {
    const read = readNumber(path);
    if (typeof read !== 'number') return read;
    const found = readProcess(read);
    if (found === undefined) return { missing: `${path} names process ${read}, which is not there` };
    if (isOver(found)) return { missing: `${path} names process ${read}, which has ended (a zombie)` };
    if (ownerOf(read) !== uid) return { missing: `${path} names process ${read}, which belongs to another user` };
    if (notBefore !== undefined && Number(found.startTicks) < Number(notBefore.startTicks)) {
      return { missing: `${path} is stale: process ${read} was there before the command was started` };
    }
    return { pid: found.pid, startTicks: found.startTicks } satisfies ProcessIdentity;
  },
};

function readNumber(path: string): number | { readonly missing: string } {
  const text = readSmall(path);
  if (typeof text !== 'string') return text;
  const [first = ''] = text.trim().split('\n');
  if (first === '') return { missing: `${path} is empty` };
  return /^\d{1,9}$/.test(first.trim()) ? Number(first) : { missing: `${path} does not begin with a process number` };
}

function readSmall(path: string): string | { readonly missing: string } {
  try {
    return inNamedFile(path, (fd, { size }) =>
      size <= limitBytes ? readFrom(fd, 0, size).toString('utf8') : { missing: `${path} is too large for a pid file` },
    );
  } catch (error) {
    if (error instanceof OddFileError) return { missing: `${path} can't be read: ${error.message}` };
    return { missing: codeOf(error) === 'ENOENT' ? `there is no ${path}` : `${path} can't be read: ${codeOf(error)}` };
  }
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}
