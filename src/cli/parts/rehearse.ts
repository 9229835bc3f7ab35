/** `run-job --rehearse NAME`: what a run would be, as the service user, without the lock, the log and the run. */
import { statSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { type Rehearsal, rehearsalCode, rehearsalText, rehearse } from '../../report/rehearsal.ts';
import { runPathOf } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome.ts';
import { runIdVariable, type World, worldOf } from '../../run/world.ts';
import { callerVariable } from '../../system/become.ts';
import { foreseeableFailure } from '../../system/executable.ts';
import { files } from '../../system/files.ts';
import { groupsOf } from '../../system/groups.ts';
import { programs } from '../../system/programs.ts';
import { print, say, sayProblems } from './output.ts';

/** What the launcher and the way to the service user have added. */
const ours = ['PROCESS_CONTROL_WRAPPER', 'PROCESS_CONTROL_LAUNCHER', 'PROCESS_CONTROL_PIPES', callerVariable];

interface Wish {
  readonly slug: string;
  readonly slowStart: boolean;
  readonly json: boolean;
}

export function rehearseAsServiceUser({ slug, slowStart, json }: Wish, config: Config): number {
  const loaded = loadJob(slug, config, { files });
  if (loaded === undefined) return refuse(`there is no job "${slug}" in ${config.jobDirectory}`);
  if (!loaded.ok) {
    sayProblems(loaded.problems);
    return exitCodes.configuration;
  }
  const job = loaded.value;
  if (slowStart && job.slowStartCommands === undefined) return refuse(`${slug} has no slow_start_command`);
  const rehearsal = rehearsalOf(job, slowStart, config);
  print(json ? `${JSON.stringify(rehearsal)}\n` : rehearsalText(rehearsal));
  return rehearsalCode(rehearsal);
}

function refuse(words: string): number {
  say('run-job', words);
  return exitCodes.usage;
}

function rehearsalOf(job: Job, slowStart: boolean, { serviceUser: user, outputDirectory }: Config): Rehearsal {
  const world = worldOf({
    job,
    user,
    inherited: process.env,
    runPath: runPathOf('(id of the run)', process.env[runIdVariable]),
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  });
  const callers = Object.entries(process.env).filter((pair): pair is [string, string] => !ours.includes(pair[0]));
  return rehearse({
    ...{ job, slowStart, world, user, programs, foresee },
    groups: groupsOf(user.name),
    niceness: os.getPriority(),
    callers: Object.fromEntries(callers),
    logDirectory: outputDirectory,
  });
}

function foresee(program: string, { environment, workingDirectory }: World) {
  const nothing = { runId: '', stdoutFd: 1, stderrFd: 2, lockFd: 3, keepsLock: true, umask: 0 };
  const failure = foreseeableFailure({ ...nothing, argv: [program], environment, workingDirectory });
  return failure && { reason: `${failure.stage}: ${failure.reason}`, exitCode: failure.exitCode };
}
