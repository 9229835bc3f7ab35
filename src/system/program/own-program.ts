/**
 * Starts a program of this package from another one: the same node, the same bundle loader, an environment of its own. Every place that does so
 * calls this file, so the rules about what such a program may inherit stand here.
 *
 * A program in the background outlives its starter. It gets /dev/null for its descriptors 0 to 2, and no other: whatever its starter was
 * started with, boot.cjs has closed it or Node has marked it as not to be inherited.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { randomUuid } from '../file/random.ts';

export interface OwnProgram {
  readonly name: string;
  readonly args: readonly string[];
  /** The starter's own unless given. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Variables besides. */
  readonly more?: Readonly<Record<string, string>>;
}

/** In a session of its own, in no directory of its starter's, with nobody waiting for it or reading what it prints. */
export function startInBackground(program: OwnProgram): void {
  const child = start(program, { stdio: 'ignore', detached: true });
  // Too many processes: whoever asks for it next, at the latest cron, starts it.
  child.once('error', () => undefined);
  child.unref();
}

/** As a part of this process's own work, which reads what it prints. */
export function startAsOwn(program: OwnProgram, stdio: StdioOptions, session?: 'own session'): ChildProcess {
  return start(program, { stdio, detached: session === 'own session' });
}

/**
 * As the launcher does: until boot.cjs has its handler, SIGUSR1 would end a program of Node's. Node itself starts its children with the default
 * action of every signal, so a shell becomes the program after ignoring this one.
 */
const becomeDeaf = `trap '' USR1; exec "$@"`;

function start(program: OwnProgram, how: { readonly stdio: StdioOptions; readonly detached: boolean }): ChildProcess {
  const command = ownCommand(program.name, program.args);
  const env = { ...ownEnvironment(program.environment ?? process.env), ...program.more };
  return spawn('/bin/sh', ['-c', becomeDeaf, 'sh', ...command], { ...how, cwd: '/', env });
}

/** The words that start the program on this node, whose options keep its inspector shut as the launcher's did; they hold in any directory. */
export function ownCommand(name: string, args: readonly string[]): readonly [string, ...string[]] {
  const words = args.map((arg, at) => {
    if (arg.startsWith('--config=')) return `--config=${absolute(arg.slice('--config='.length))}`;
    return args[at - 1] === '--config' ? absolute(arg) : arg;
  });
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '', name, ...words];
}

/** Without what is meant for one process only, and with a mark of its own as a process that is no part of a job. */
export function ownEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PROCESS_CONTROL_PIPES: _pipes, PROCESS_CONTROL_PARENT: _parent, ...others } = environment;
  const { PROCESS_CONTROL_TERMINAL: _terminal, ...rest } = others;
  const files = ['PROCESS_CONTROL_CONFIG', 'PROCESS_CONTROL_LAUNCHER'].flatMap((name) => {
    const value = rest[name];
    return value === undefined ? [] : [[name, absolute(value)] as const];
  });
  return { ...rest, ...Object.fromEntries(files), PROCESS_CONTROL_WRAPPER: randomUuid() };
}

/** The working directory may be gone, so it is asked for only where it matters. */
function absolute(file: string): string {
  return path.isAbsolute(file) ? file : path.resolve(file);
}
