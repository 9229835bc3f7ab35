/** Starts the supervisor of a service: run-job in a session of its own, with nothing left of whoever asked. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { randomUuid } from '../../system/random.ts';

/** The same node and bundle loader as this program. */
export function spawnSupervisor(slug: string, configFile: string | undefined): void {
  const args = ['--job', slug, ...(configFile === undefined ? [] : ['--config', configFile])];
  const { PROCESS_CONTROL_RUN_ID: _run, PROCESS_CONTROL_PIPES: _pipes, ...environment } = process.env;
  spawn(process.execPath, [process.argv[1] ?? '', 'run-job', ...args], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { ...environment, PROCESS_CONTROL_WRAPPER: randomUuid() },
  }).unref();
}
