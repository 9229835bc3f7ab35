/**
 * Starts a program of this package from another one, with the same node, the same bundle loader and
 * a fresh environment. This file decides what such a program inherits.
 *
 * A program in the background outlives its starter. It has /dev/null for descriptors 0 to 2 and no
 * others: boot.cjs has closed those that the starter inherited, and Node marks its own as not to be
 * inherited.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { randomUuid } from '../file/random.ts';

export interface OwnProgram {
  readonly name: string;
  readonly args: readonly string[];
  /** The environment; the starter's own by default. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Additional variables. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Starts a program in its own session and in `/`. No process waits for it or reads its output. */
export function startInBackground(program: OwnProgram): void {
  const child = start(program, { stdio: 'ignore', detached: true });
  // The host has too many processes: the next caller, at the latest cron, starts it.
  child.once('error', () => undefined);
  child.unref();
}

/** Starts a program as a child whose output this process reads. */
export function startAsOwn(program: OwnProgram, stdio: StdioOptions, session?: 'own session'): ChildProcess {
  return start(program, { stdio, detached: session === 'own session' });
}

/**
 * A shell that ignores SIGUSR1 and becomes the program: until boot.cjs has its handler, SIGUSR1
 * would end Node, and Node starts its children with the default action of every signal. bin/run-job
 * does the same.
 */
const ignoreInspectorSignal = `trap '' USR1; exec "$@"`;

function start(program: OwnProgram, how: { readonly stdio: StdioOptions; readonly detached: boolean }): ChildProcess {
  const command = ownCommand(program.name, program.args);
  const env = { ...ownEnvironment(program.environment ?? process.env), ...program.more };
  return spawn('/bin/sh', ['-c', ignoreInspectorSignal, 'sh', ...command], { ...how, cwd: '/', env });
}

/**
 * The command line of a program on this node, valid in every directory. Node's options keep the
 * inspector closed.
 */
export function ownCommand(name: string, args: readonly string[]): readonly [string, ...string[]] {
  const words = args.map((arg, at) => {
    if (arg.startsWith('--config=')) return `--config=${absolute(arg.slice('--config='.length))}`;
    return args[at - 1] === '--config' ? absolute(arg) : arg;
  });
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', name, ...words];
}

/**
 * The environment without variables for a single process, with a new mark that says that the
 * program is not part of a job.
 */
export function ownEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PROCESS_CONTROL_PIPES: _pipes, PROCESS_CONTROL_PARENT: _parent, ...others } = environment;
  const { PROCESS_CONTROL_TERMINAL: _terminal, ...rest } = others;
  const files = ['PROCESS_CONTROL_CONFIG', 'PROCESS_CONTROL_LAUNCHER'].flatMap((name) => {
    const value = rest[name];
    // An empty one counts as none, and is not the working directory.
    return value === undefined || value === '' ? [] : [[name, absolute(value)] as const];
  });
  return { ...rest, ...Object.fromEntries(files), PROCESS_CONTROL_WRAPPER: randomUuid() };
}

/** The absolute path. The working directory may be gone, so it is used only for relative paths. */
function absolute(file: string): string {
  return path.isAbsolute(file) ? file : path.resolve(file);
}
