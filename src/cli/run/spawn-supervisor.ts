/** Starts the supervisor of a service: run-job in the background, marked as part of no run. */
import process from 'node:process';
import { startInBackground } from '../../system/program/own-program.ts';

export function spawnSupervisor(slug: string, configFile: string | undefined): void {
  const args = ['--job', slug, ...(configFile === undefined ? [] : ['--config', configFile])];
  const { PROCESS_CONTROL_RUN_ID: _run, ...environment } = process.env;
  startInBackground({ name: 'run-job', args, environment });
}
