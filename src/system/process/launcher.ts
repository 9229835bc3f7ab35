/**
 * Starts the commands of jobs: below the reaper where there is perl, as everywhere on Debian,
 * otherwise below a shell.
 */
import process from 'node:process';
import { nulIn, startFailure } from '../program/executable.ts';
import { openOwnScript, openScript } from '../program/own-script.ts';
import type { Launch, LaunchAnswer, Launcher } from '../types/process.ts';
import { trialRefusal, trialStage } from '../user/trial.ts';
import { launchUnderReaper } from './reaped.ts';
import { launchUnderShim } from './shim.ts';

export interface LauncherPlaces {
  /**
   * An absolute path, because the PATH of a crontab must not choose a program that runs beside
   * every job.
   */
  readonly perlPath?: string;
  readonly reaperPath?: string;
}

export function createLauncher(places: LauncherPlaces = {}): Launcher {
  const place = {
    perlPath: places.perlPath ?? '/usr/bin/perl',
    script: places.reaperPath === undefined ? openOwnScript('reaper.pl') : openScript(places.reaperPath),
    wrapperMark: process.env.PROCESS_CONTROL_WRAPPER ?? 'none',
  };
  return {
    async launch(given: Launch): Promise<LaunchAnswer> {
      const impossible = nulIn(given);
      if (impossible) return impossible;
      const refused = given.trial && (await refusal(given.trial));
      if (refused) return refused;
      const launch = { ...given, environment: withoutMark(given.environment) };
      const runId = launch.runId.slice(launch.runId.lastIndexOf('/') + 1);
      const answer = await launchUnderReaper(launch, runId, place);
      switch (answer.is) {
        case 'launched':
          return answer;
        case 'refused':
          return startFailure(launch, answer.stage, answer.errno, answer.text);
        case 'lost':
          return { is: 'failed', stage: 'starting the command', reason: answer.reason, exitCode: 125 };
        case 'unavailable':
          return launch.endBy === undefined ? launchUnderShim(launch, runId) : unheld;
        default:
          return answer satisfies never;
      }
    },
  };
}

/** The shell holds no deadline, and run-job alone may be suspended or killed. */
const unheld: LaunchAnswer = {
  is: 'failed',
  stage: 'starting the process that ends the job in time',
  reason: 'perl does not work on this host: install perl-base',
  exitCode: 125,
};

async function refusal(trial: NonNullable<Launch['trial']>): Promise<LaunchAnswer | undefined> {
  const reason = await trialRefusal(trial);
  if (reason === undefined) return undefined;
  return { is: 'failed', stage: trialStage, reason, exitCode: 125 };
}

/**
 * The environment without the mark of a run-job: a sweep would spare a job that had it, and status
 * would take it for the lock's holder.
 */
function withoutMark(environment: Launch['environment']): Launch['environment'] {
  const { PROCESS_CONTROL_WRAPPER: _mark, ...rest } = environment;
  return rest;
}
