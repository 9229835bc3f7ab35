/** Starts a program of ours beside a run, in the background. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { startInBackground } from '../../system/program/own-program.ts';

/** What marks processes of a run, or is meant for one process only, is not for it. */
const kept = /^PROCESS_CONTROL_(?:CONFIG|LAUNCHER)$/;

export function startBeside(name: 'prune-logs' | 'deliver-notices', { namedFile }: Config): void {
  const args = namedFile === undefined ? [] : ['--config', namedFile];
  const environment = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('PROCESS_CONTROL_') || kept.test(key),
  );
  startInBackground({ name, args, environment: Object.fromEntries(environment) });
}
