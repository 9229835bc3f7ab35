/** Starts a program of ours beside a run: in a session of its own, with nobody waiting for it or reading what it prints. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Config } from '../../config/config.ts';

/** What marks processes of a run, or is meant for one process only, is not for it. */
const kept = /^PROCESS_CONTROL_(?:CONFIG|LAUNCHER)$/;

export function startBeside(program: 'prune-logs' | 'deliver-notices', { namedFile }: Config): void {
  const named = namedFile === undefined ? [] : ['--config', namedFile];
  const environment = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('PROCESS_CONTROL_') || kept.test(key),
  );
  const child = spawn(process.execPath, [process.argv[1] ?? '', program, ...named], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { ...Object.fromEntries(environment), PROCESS_CONTROL_WRAPPER: crypto.randomUUID() },
  });
  // Too many processes: the end of the next run starts it.
  child.once('error', () => undefined);
  child.unref();
}
