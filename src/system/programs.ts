/** Finds a program as execvp(3) would, so that what is missing is known before anything is started. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { ProgramAnswer, Programs } from './system.ts';

export const programs: Programs = {
  find(name, searchPath, workingDirectory) {
    // An empty element of PATH means the working directory (execvp(3)).
    const candidates = name.includes('/')
      ? [name]
      : searchPath.split(':').map((directory) => path.join(directory, name));
    let denied: ProgramAnswer | undefined;
    for (const candidate of candidates) {
      const answer = look(path.resolve(workingDirectory, candidate));
      if (answer.is === 'found') return answer;
      if (answer.exitCode === 126) denied ??= answer;
    }
    return denied ?? { is: 'missing', exitCode: 127, reason: notFound(name, searchPath) };
  },
};

function notFound(name: string, searchPath: string): string {
  return name.includes('/') ? `${name}: no such file` : `${name} is in none of the directories of PATH (${searchPath})`;
}

function look(candidate: string): ProgramAnswer {
  try {
    if (statSync(candidate).isDirectory())
      return { is: 'missing', exitCode: 126, reason: `${candidate} is a directory` };
    accessSync(candidate, constants.X_OK);
    return { is: 'found', path: candidate };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES')
      return { is: 'missing', exitCode: 126, reason: `${candidate} is not executable for this user` };
    return { is: 'missing', exitCode: 127, reason: `${candidate}: ${code ?? 'no such file'}` };
  }
}
