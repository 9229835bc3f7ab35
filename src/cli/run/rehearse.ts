/**
 * `run-job --rehearse NAME`: shows what a run would be, as the service user, without lock, log and
 * run.
 */
import { statSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { unreadNamesake } from '../../job/folder.ts';
import { isService, type Job, type RunJob, type ServiceJob } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import {
  type Rehearsal,
  type RehearsalRequest,
  rehearsalCode,
  rehearsalText,
  rehearse,
} from '../../report/rehearsal.ts';
import { runPathOf } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { privateTmpTrial } from '../../run/world/private-tmp.ts';
import { runIdVariable, type World, worldOf } from '../../run/world/world.ts';
import { instanceWorld } from '../../service/instance/world.ts';
import { files } from '../../system/file/files.ts';
import { foreseeableFailure } from '../../system/program/executable.ts';
import { programs } from '../../system/program/programs.ts';
import { instanceFolders } from '../../system/state/instance-folders.ts';
import { callerVariable } from '../../system/user/become.ts';
import { groupsOf } from '../../system/user/groups.ts';
import { hostLocale } from '../../system/user/locale.ts';
import { trialRefusal, trialStage } from '../../system/user/trial.ts';
import { fixedWorld } from '../frame/fixed-world.ts';
import { print, say } from '../frame/output.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { zoneProblem } from '../frame/zones.ts';

/** The variables that the launcher, and the way to the service user, have added. */
const ours = ['PROCESS_CONTROL_WRAPPER', 'PROCESS_CONTROL_LAUNCHER', 'PROCESS_CONTROL_PIPES', callerVariable];

interface RehearseOptions {
  readonly slug: string;
  readonly slowStart: boolean;
  readonly json: boolean;
}

export async function rehearseAsServiceUser(
  { slug, slowStart, json }: RehearseOptions,
  config: Config,
): Promise<number> {
  const loaded = loadJob(slug, config, { files, checkZone: zoneProblem });
  if (loaded === undefined)
    return refuse(
      'run-job',
      `there is no job "${slug}" in ${config.jobDirectory}${unreadNamesake(slug, config, files)}`,
    );
  if (!loaded.ok) return refuseProblems(loaded.problems);
  const job = loaded.value;
  const elsewhere = job.pool === undefined ? undefined : await elsewhereOf(job, config);
  if (elsewhere !== undefined) say('run-job', `${slug} is not started on this host: it ${elsewhere}`);
  if (slowStart && job.slowStartCommands === undefined) return refuse('run-job', `${slug} has no slow_start_command`);
  const refusal = job.privateTmp ? await privateTmpRefusal() : undefined;
  const rehearsal = rehearsalOf(job, { slowStart, refusal }, config);
  print(json ? `${JSON.stringify(rehearsal)}\n` : rehearsalText(rehearsal));
  return rehearsalCode(rehearsal);
}

async function elsewhereOf(job: Job, config: Config): Promise<string | undefined> {
  const { elsewhereOf: words } = await import('../on-demand/pool-seat.ts');
  return words(job, config);
}

async function privateTmpRefusal() {
  const reason = await trialRefusal(privateTmpTrial());
  return reason === undefined ? undefined : { reason: `${trialStage}: ${reason}`, exitCode: exitCodes.internal };
}

interface Circumstances {
  readonly slowStart: boolean;
  /** The host can't give the job what it asks for. */
  readonly refusal: ReturnType<RehearsalRequest['foresee']>;
}

function rehearsalOf(written: Job, { slowStart, refusal }: Circumstances, config: Config): Rehearsal {
  const { serviceUser: user, outputDirectory } = config;
  const { job, world } = isService(written) ? asInstance(written, config) : asRun(written, config);
  const callers = Object.entries(process.env).filter((pair): pair is [string, string] => !ours.includes(pair[0]));
  return rehearse({
    ...{ job, slowStart, world, user, programs },
    // The directory of an instance is made when it is started for the first time.
    foresee: (program, seen) =>
      refusal ?? foresee(program, isToBeMade(written, seen) ? { ...seen, workingDirectory: '/' } : seen),
    groups: groupsOf(user.name),
    locale: hostLocale(),
    niceness: os.getPriority(),
    callers: Object.fromEntries(callers),
    logDirectory: outputDirectory,
  });
}

function asRun(job: RunJob, config: Config): { readonly job: Job; readonly world: World } {
  const runPath = runPathOf('(id of the run)', process.env[runIdVariable]);
  const traceParent = '(made from the id of the run)';
  return { job, world: worldOf({ job, fixed: fixedWorld(config), runPath, traceParent, isDirectory }) };
}

/** A service by its first instance, with ports as it could get them. */
function asInstance(job: ServiceJob, config: Config) {
  const { stateDirectory, portRange } = config;
  const ports = job.service.ports.map(({ name, number }, at) => [name, number ?? portRange.first + at] as const);
  const { world, expand } = instanceWorld({
    job,
    instance: 0,
    ports: Object.fromEntries(ports),
    folder: instanceFolders(stateDirectory).path(job.slug, 0),
    fixed: fixedWorld(config),
    runPath: '(id of the supervisor)/(id of the start)',
  });
  return { job: { ...job, commands: job.commands.map(expand) }, world };
}

function isToBeMade({ service, workingDirectory }: Job, world: World): boolean {
  return service !== undefined && workingDirectory === undefined && !isDirectory(world.workingDirectory);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function foresee(program: string, { environment, workingDirectory }: World) {
  const nothing = { runId: '', stdoutFd: 1, stderrFd: 2, lockFd: 3, keepsLock: true, umask: 0 };
  const failure = foreseeableFailure({ ...nothing, argv: [program], environment, workingDirectory });
  return failure && { reason: `${failure.stage}: ${failure.reason}`, exitCode: failure.exitCode };
}
