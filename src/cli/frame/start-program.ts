/**
 * Starts a program of this package from another one: in the background, or as a child whose output
 * the starter reads.
 */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import process from 'node:process';
import { runIdVariable } from '../../run/world/world.ts';
import { type OwnProgram, startAsOwn, startInBackground } from '../../system/program/own-program.ts';

export interface ProgramStart {
  readonly name: 'run-job' | 'prune-logs' | 'deliver-notices' | 'check-jobs-icinga' | 'jobctl';
  readonly args?: readonly string[];
  /** The configuration file that the starter was told to use. */
  readonly configFile?: string | undefined;
  /**
   * The part of the starter's environment that the program inherits. `all`: everything. `outside of
   * the run`: a supervisor is not part of the run that starts it. `settings`: of our own variables
   * only those that say where files are.
   */
  readonly inherits?: 'all' | 'outside of the run' | 'settings';
  /** Variables for this program alone. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The program outlives its starter, and its output is not read. */
export function startBeside(start: ProgramStart): void {
  startInBackground(ownProgram(start));
}

/** The program has a session of its own: a signal from the starter's terminal does not reach it. */
export function startAndRead(start: ProgramStart, stdio: StdioOptions): ChildProcess {
  return startAsOwn(ownProgram(start), stdio, 'own session');
}

/** Brings up the supervisor of a service. */
export function startSupervisor(slug: string, configFile: string | undefined): void {
  startBeside({ name: 'run-job', args: ['--job', slug], configFile, inherits: 'outside of the run' });
}

function ownProgram({ name, args = [], configFile, inherits = 'all', variables = {} }: ProgramStart): OwnProgram {
  return {
    name,
    args: [...args, ...(configFile === undefined ? [] : ['--config', configFile])],
    environment: inherited(inherits),
    more: variables,
  };
}

const settings = /^PROCESS_CONTROL_(?:CONFIG|LAUNCHER)$/;

function inherited(what: NonNullable<ProgramStart['inherits']>): NodeJS.ProcessEnv {
  if (what === 'all') return process.env;
  if (what === 'outside of the run') return { ...process.env, [runIdVariable]: undefined };
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PROCESS_CONTROL_') || settings.test(name),
  );
  return Object.fromEntries(kept);
}
