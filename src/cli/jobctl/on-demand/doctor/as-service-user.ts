/**
 * Runs a small program with the rights of the service user, for a bounded time: what it can do, the
 * jobs can. It has no terminal, and nothing of root's.
 */
import { runBounded } from '../../../../system/process/bounded-program.ts';
import { isExecutable } from '../../../../system/program/executable.ts';
import type { Ground } from './ground.ts';

export interface Tried {
  /** Absent if it did not end in time, could not be started or was killed. */
  readonly code?: number;
  /** Its output and error output, the first 64 KiB. */
  readonly output: string;
  /** The reason why there is no code. */
  readonly failure?: string;
}

const setpriv = '/usr/bin/setpriv';

/** False for root on a host without setpriv(1), which programChecks reports. */
export function canBecomeServiceUser({ role }: Ground): boolean {
  return role === 'service user' || (role === 'root' && isExecutable(setpriv));
}

const mostOutput = 64 * 1024;

/** Only for root and the service user. */
export async function tryAsServiceUser(
  { config: { serviceUser, searchPath }, role }: Ground,
  command: readonly [string, ...string[]],
  { limitMs, environment = {} }: { readonly limitMs: number; readonly environment?: Readonly<Record<string, string>> },
): Promise<Tried> {
  const { uid, gid, home, name } = serviceUser;
  const rights = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all', '--ambient-caps=-all'];
  const argv = role === 'root' ? ([setpriv, ...rights, '--', ...command] as const) : command;
  let output = '';
  const run = runBounded({
    argv: [...argv],
    environment: { PATH: searchPath, HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/sh', ...environment },
    ...{ workingDirectory: '/', limitMs, listensTo: 'both', leftovers: 'kill' },
    onOutput: (text) => {
      output = (output + text).slice(0, mostOutput);
    },
  });
  const end = await run.end;
  if (end.is === 'late') return { output, failure: `it did not end within ${limitMs / 1000} s` };
  if (end.is === 'not-started') return { output, failure: end.reason };
  await run.gone;
  const { status } = end;
  return status.is === 'exited' ? { output, code: status.code } : { output, failure: 'it was killed' };
}
