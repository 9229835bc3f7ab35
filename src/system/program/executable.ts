/**
 * Finds out why a command can't be started: the stage, the reason, and the exit code of a shell,
 * which is 127 for a program that does not exist and 126 for one that can't be executed.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { constants as numbers } from 'node:os';
import { readFrom } from '../file/careful-file.ts';
import { inNamedFile } from '../file/named-file.ts';
import type { Launch, LaunchAnswer } from '../types/process.ts';

export type StartFailure = Extract<LaunchAnswer, { is: 'failed' }>;

/** True for a file, not a directory, that this user may execute. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The failure for a NUL character, which no string of a system call can contain. */
export function nulIn({ argv, environment, workingDirectory }: Launch): StartFailure | undefined {
  const reason = 'it holds a NUL character, which no program can be given';
  const argument = argv.findIndex((word) => word.includes('\0'));
  if (argument >= 0) return { is: 'failed', stage: `passing argument ${argument}`, reason, exitCode: 126 };
  const variable = Object.entries(environment).find((pair) => pair.join('').includes('\0'));
  if (variable)
    return { is: 'failed', stage: `passing the variable ${variable[0].split('\0')[0]}`, reason, exitCode: 126 };
  if (!workingDirectory.includes('\0')) return undefined;
  return { is: 'failed', stage: 'changing to the working directory', reason, exitCode: 125 };
}

/** The failure for the error of a stage: chdir, exec, or a step before them. */
export function startFailure(launch: Launch, stage: string, errno: number, text: string): StartFailure {
  switch (stage) {
    case 'chdir':
      return {
        is: 'failed',
        stage: `changing to the working directory ${launch.workingDirectory}`,
        reason: text,
        exitCode: 125,
      };
    case 'deadline':
      return { is: 'failed', stage: 'starting the command', reason: text, exitCode: 125 };
    case 'exec':
      return { is: 'failed', stage: `starting ${launch.argv[0]}`, ...whyNotExecuted(launch, errno, text) };
    default:
      return { is: 'failed', stage: `preparing the process (${stage})`, reason: text, exitCode: 125 };
  }
}

/**
 * The failure that exec would report, found without it. It is for a start below a shell, whose own
 * 126 and 127 look like the command's.
 */
export function foreseeableFailure(launch: Launch): StartFailure | undefined {
  const { EACCES, ENOENT, ENOTDIR } = numbers.errno;
  const directory = statSync(launch.workingDirectory, { throwIfNoEntry: false });
  if (!directory) return startFailure(launch, 'chdir', ENOENT, 'No such file or directory');
  if (!directory.isDirectory()) return startFailure(launch, 'chdir', ENOTDIR, 'Not a directory');
  if (!isAccessible(launch.workingDirectory)) return startFailure(launch, 'chdir', EACCES, 'Permission denied');
  const [program] = launch.argv;
  if (!existsSync(program)) return startFailure(launch, 'exec', ENOENT, 'No such file or directory');
  if (!isExecutable(program)) return startFailure(launch, 'exec', EACCES, 'Permission denied');
  return missingInterpreter(program) === undefined ? undefined : startFailure(launch, 'exec', ENOENT, '');
}

function isAccessible(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function whyNotExecuted(
  { argv, environment }: Launch,
  errno: number,
  text: string,
): Pick<StartFailure, 'reason' | 'exitCode'> {
  const { EACCES, E2BIG, ENOENT, ENOEXEC } = numbers.errno;
  const [program] = argv;
  if (!existsSync(program))
    return errno === EACCES
      ? { reason: 'permission denied', exitCode: 126 }
      : { reason: 'no such file or directory', exitCode: 127 };
  switch (errno) {
    case ENOENT:
      return {
        reason: missingInterpreter(program) ?? 'bad interpreter: the loader that it asks for does not exist',
        exitCode: 126,
      };
    case EACCES:
      return { reason: statSync(program).isDirectory() ? 'is a directory' : 'permission denied', exitCode: 126 };
    case E2BIG: {
      const bytes = Buffer.byteLength(
        [...argv, ...Object.entries(environment).map((pair) => pair.join('='))].join('\0'),
      );
      return {
        reason: `its arguments and environment (${bytes} bytes) are longer than the kernel allows`,
        exitCode: 126,
      };
    }
    case ENOEXEC:
      return { reason: 'exec format error: it is neither a program for this processor nor a script', exitCode: 126 };
    default:
      return { reason: text, exitCode: 126 };
  }
}

/**
 * The reason when the first line of a script names a program that does not exist: execve(2) reports
 * ENOENT for it, as for a missing script.
 */
function missingInterpreter(program: string): string | undefined {
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(firstBytes(program))?.[1];
  if (interpreter === undefined || existsSync(interpreter)) return undefined;
  const hint = interpreter.endsWith('\r') ? ' (the script has DOS line endings: dos2unix)' : '';
  return `bad interpreter ${JSON.stringify(interpreter)}: no such file or directory${hint}`;
}

function firstBytes(file: string): string {
  try {
    return inNamedFile(file, (fd) => readFrom(fd, 0, 256).toString('utf8'));
  } catch {
    return '';
  }
}
