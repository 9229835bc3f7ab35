/** Finds a program as execvp(3) does, so that a missing one is known before anything is started. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { ProgramAnswer, Programs } from '../types/process.ts';

export const programs: Programs = {
  find(name, searchPath, workingDirectory) {
    if (name.includes('/')) return look(path.resolve(workingDirectory, name));
    // An empty element of PATH means the working directory (execvp(3)).
    const directories = searchPath.split(':').map((directory) => path.resolve(workingDirectory, directory));
    const answers = directories.map((directory) => look(path.join(directory, name)));
    const found = answers.find(({ is }) => is === 'found');
    // A file of that name that can't be executed is a better answer than "command not found".
    const there = answers.find((answer) => answer.is === 'missing' && answer.exitCode === 126 && !answer.isClosed);
    if (found ?? there) return (found ?? there) as ProgramAnswer;
    const closed = directories.filter((_directory, at) => isClosed(answers[at]));
    return { is: 'missing', exitCode: 127, reason: notFound(name, searchPath, closed) };
  },
};

/**
 * The answer for one path. `isClosed`: this user may not enter a directory of the path, so the file
 * may exist or not.
 */
type Look = ProgramAnswer & { readonly isClosed?: boolean };

function isClosed(answer: Look | undefined): boolean {
  return answer?.isClosed === true;
}

/** The words of a shell, which people search for, and the directories that were searched. */
function notFound(name: string, searchPath: string, closed: readonly string[]): string {
  const where = searchPath === '' ? 'PATH is empty' : `PATH is ${searchPath}`;
  const unseen = closed.length === 0 ? '' : `; permission denied in ${closed.join(', ')}`;
  return `${name}: command not found (${where}${unseen})`;
}

function look(candidate: string): Look {
  const missing = (exitCode: 126 | 127, words: string): Look => ({
    is: 'missing',
    exitCode,
    reason: `${candidate}: ${words}`,
  });
  try {
    if (statSync(candidate).isDirectory()) return missing(126, 'is a directory');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES') return missing(127, code === 'ENOENT' ? 'no such file or directory' : errnoWords(error));
    const words = 'permission denied: this user may not look into one of the directories above it';
    return { ...missing(126, words), isClosed: true };
  }
  try {
    accessSync(candidate, constants.X_OK);
    return { is: 'found', path: candidate };
  } catch {
    return missing(126, 'permission denied: it is not executable for this user');
  }
}

/**
 * The words of an error message without its code and call: of "ENOTDIR: not a directory, stat
 * '/etc/passwd/x'" the middle.
 */
function errnoWords(error: unknown): string {
  return /^\w+: ([^,]+)/.exec((error as Error).message)?.[1] ?? "it can't be looked at";
}
