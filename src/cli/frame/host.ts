/** Builds the host of a run, the one place where the parts of system/ meet the configuration. */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { RunHost } from '../../run/run.ts';
import { jobLocks } from '../../system/lock/lock.ts';
import { createLauncher } from '../../system/process/launcher.ts';
import { listenForStops } from '../../system/process/stop-requests.ts';
import { sweeper } from '../../system/process/sweeper.ts';
import { wrappers } from '../../system/process/wrappers.ts';
import { programs } from '../../system/program/programs.ts';
import { lineSearch } from '../../system/run-log/line-search.ts';
import { runLogs } from '../../system/run-log/run-log.ts';
import { historyStore } from '../../system/state/history-file.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { JobLocks } from '../../system/types/lock.ts';
import type { HistoryStore } from '../../system/types/state.ts';
import { caller } from '../../system/user/caller.ts';
import { defined } from '../../text/defined.ts';
import { wallTime } from '../../zone/wall-time.ts';

/** The state directory of the Python process-control, unless it was configured otherwise. */
const predecessorStateDirectory = '/var/cache/process-control';

/** `follow`: what the job prints is shown in any case, and not only at a terminal. */
export function realHost(
  config: Config,
  say: (words: string) => void,
  { follow = false }: { readonly follow?: boolean } = {},
): RunHost {
  return {
    clock,
    programs,
    sweeper,
    locks: realLocks(config, say),
    logs: runLogs({
      ...config,
      clock,
      handedPipes: process.env.PROCESS_CONTROL_PIPES,
      mirrorTo: { stdout: 1, stderr: 2, always: follow },
    }),
    launcher: createLauncher(),
    history: realHistory(config),
    state: stateFiles(config.stateDirectory),
    wrappers,
    lineSearch,
    stops: listenForStops(),
    hostName: os.hostname(),
    user: config.serviceUser,
    formatTime: (ms) => wallTime(ms, hostZone()),
  };
}

export function realLocks(config: Config, say: (words: string) => void): JobLocks {
  return jobLocks({
    runDirectory: config.runDirectory,
    predecessorDirectory: config.predecessorRunDirectory,
    wrapperCookie: process.env.PROCESS_CONTROL_WRAPPER,
    say,
  });
}

export function realHistory({
  stateDirectory,
  historyBytes,
  serviceUser,
  outputDirectory,
}: Pick<Config, 'stateDirectory' | 'historyBytes'> &
  Partial<Pick<Config, 'serviceUser' | 'outputDirectory'>>): HistoryStore {
  // Root looks with the rights of the service user.
  const isOther = caller.euid !== 0 && caller.euid !== serviceUser?.uid;
  return historyStore({
    ...defined({ reader: isOther ? undefined : serviceUser?.name, outputDirectory }),
    stateDirectory,
    rotateBytes: historyBytes,
    predecessorDirectories: predecessorPlaces(stateDirectory),
  });
}

/** The directories in which NAME.yaml of the Python process-control may be. */
export function predecessorPlaces(stateDirectory: string): readonly string[] {
  return [stateDirectory, predecessorStateDirectory];
}
