/** Root becomes the service user by running itself again through setpriv(1), before anything but the configuration is touched. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { randomUuid } from './random.ts';
import type { User } from './system.ts';

/** util-linux; absolute, because PATH is the caller's. */
const setpriv = '/usr/bin/setpriv';

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** Who the root process was started by, told to the one that goes on, for the record. */
export const callerVariable = 'PROCESS_CONTROL_CALLER';

/**
 * Runs this very program, with the same arguments and environment, as `user`: its uid, gid and supplementary groups, no capabilities
 * that could be inherited. Resolves with the exit code; signals are passed on, and the terminal's reach the child by themselves.
 */
export function runAgainAs(user: User, program: string, args: readonly string[]): Promise<number> {
  const boot = process.argv[1] ?? '';
  const options = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--inh-caps=-all', '--'];
  const environment = { ...process.env, PROCESS_CONTROL_WRAPPER: randomUuid(), [callerVariable]: String(callerUid()) };
  const child = spawn(setpriv, [...options, process.execPath, boot, program, ...args], {
    stdio: 'inherit',
    env: environment,
  });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 125) : 128 + os.constants.signals[signal]));
  });
}

/**
 * The person behind this process: who logged in (audit's loginuid survives su and sudo), else who called sudo, else the real uid.
 * For the record only, never for a decision: SUDO_UID is an environment variable like any other.
 */
export function callerUid(): number {
  for (const claimed of [process.env[callerVariable], loginUid(), process.env.SUDO_UID]) {
    if (claimed !== undefined && /^\d{1,10}$/.test(claimed)) return Number(claimed);
  }
  return process.getuid?.() ?? 0;
}

function loginUid(): string | undefined {
  try {
    const uid = readFileSync('/proc/self/loginuid', 'latin1').trim();
    return uid === '4294967295' ? undefined : uid;
  } catch {
    return undefined;
  }
}
