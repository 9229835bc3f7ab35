/**
 * The story of a run begins here: `run-job --job NAME` from the name of a job to an exit code.
 *
 * 1. Load the configuration and become the service user (prologue).
 * 2. Load the job's file. A file with problems is on record as a run that was not started.
 * 3. A service gets its supervisor, and the story goes on in on-demand/supervise.
 * 4. Before the lock: is a tick due, is the job paused, is it too late (run/before-run).
 * 5. The run itself: lock, command, timeout, log, record (run/run).
 * 6. Report the outcome on stderr, in log and syslog and by notices; then start prune-logs.
 */
import { statSync } from 'node:fs';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { listJobFiles, unreadNamesake } from '../../job/folder.ts';
import { isService, type Job, type RunJob, type ServiceJob } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { privateValues } from '../../job/private-values.ts';
import { beforeRun } from '../../run/before-run.ts';
import type { Tick, Trigger } from '../../run/history/event.ts';
import {
  type RunName,
  type RunResult,
  recordNotStarted,
  recordSkip,
  rotateWithoutRun,
} from '../../run/history/record.ts';
import { newRunId, runPathOf, triggerOf } from '../../run/identity.ts';
import { exitCodes, outcomeWords } from '../../run/outcome/outcome.ts';
import { readPauses } from '../../run/pause/pause.ts';
import { type RunHost, type RunOrder, runJob, runPermitted } from '../../run/run.ts';
import { traceParentOf } from '../../run/world/trace-parent.ts';
import { runIdVariable, worldOf } from '../../run/world/world.ts';
import { files } from '../../system/file/files.ts';
import { sha256 } from '../../system/file/hash.ts';
import { randomUuid } from '../../system/file/random.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { callerUid } from '../../system/user/become.ts';
import { defined } from '../../text/defined.ts';
import { nearest } from '../../text/nearest.ts';
import type { Problem } from '../../text/problem.ts';
import { publicWords } from '../../yaml/audience.ts';
import { callerName } from '../frame/caller-name.ts';
import { fixedWorld } from '../frame/fixed-world.ts';
import { realHost } from '../frame/host.ts';
import { say, sayProblems } from '../frame/output.ts';
import { privateHistory } from '../frame/private-records.ts';
import { openAsServiceUser } from '../frame/prologue.ts';
import { refuse } from '../frame/refuse.ts';
import { hostZones, zoneProblem } from '../frame/zones.ts';
import { queueStart, type ReportedRun } from '../notify/queue-run.ts';
import { reportRun } from '../notify/report-run.ts';
import { jobChangedMs } from './job-changed.ts';
import { startPruning } from './start-pruning.ts';

export interface RunRequest {
  readonly slug: string;
  readonly slowStart: boolean;
  /** cron calls the line more often than the schedule says: start nothing unless a tick is due. */
  readonly due?: boolean;
  /** Print what the job prints, also where standard output is not a terminal. */
  readonly follow?: boolean;
  readonly configFile?: string;
}

const program = 'run-job';

/** The id of the run, which `jobctl start` has printed already. */
export const givenRunVariable = 'PROCESS_CONTROL_GIVEN_RUN';

/** The missed tick, in milliseconds since 1970, that `--catch-up` has claimed for this run. */
export const caughtUpVariable = 'PROCESS_CONTROL_CAUGHT_UP';

export async function runNamed(request: RunRequest, args: readonly string[]): Promise<number> {
  const { configFile } = request;
  const opened = await openAsServiceUser({ program, args, configFile, refusals: 'stderr and syslog' });
  return opened.is === 'over' ? opened.exitCode : runAsServiceUser(request, opened.config);
}

/** A run that has a name and an id, and what it needs of this host. */
interface Scene {
  readonly request: RunRequest;
  readonly config: Config;
  readonly host: RunHost;
  readonly name: RunName & { readonly trigger: Trigger };
}

async function runAsServiceUser(request: RunRequest, config: Config): Promise<number> {
  const { slug } = request;
  const loaded = loadJob(slug, config, { files, sha256, checkZone: zoneProblem });
  if (loaded === undefined) return refuseRun(unknownJob(slug, config));
  const host = hostOfRun(request, config, loaded.ok ? privateValues(loaded.value, files) : []);
  const scene: Scene = { request, config, host, name: { slug, run: newRun(host), trigger: currentTrigger() } };
  if (!loaded.ok) return recordProblems(scene, loaded.problems);
  const job = loaded.value;
  const elsewhere = job.pool === undefined ? undefined : await elsewhereOf(job, config);
  if (elsewhere !== undefined) return turnAway(scene, elsewhere);
  return isService(job) ? superviseOrRefuse(scene, job) : runOrSkip(scene, job);
}

async function elsewhereOf(job: Job, config: Config): Promise<string | undefined> {
  // The other bundle is needed anyway then.
  const isAsked = job.pool?.claims !== undefined;
  const { elsewhereOf: words } = await (isAsked ? import('./on-demand/claim.ts') : import('../on-demand/pool-seat.ts'));
  return words(job, config);
}

/**
 * Starts nothing on a host that does not have the job. A line that the last crontab of this host
 * still has is no error; a person or a job that asks for a run must know that there is none.
 */
async function turnAway({ name: { slug, trigger }, config }: Scene, words: string): Promise<number> {
  if (trigger.by !== 'clock') return refuseRun(`${slug} can't be started here: it ${words}`);
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: true,
    load: () => import('../on-demand/winston-log.ts'),
  });
  log.note('info', `${slug} is not started here: it ${words}`, { job: slug });
  await log.close();
  return 0;
}

function hostOfRun({ follow }: RunRequest, config: Config, values: readonly string[]): RunHost {
  const host = realHost(config, (words) => say(program, words), { follow: follow === true });
  return { ...host, history: privateHistory(host.history, () => values) };
}

async function recordProblems({ name, host, config }: Scene, problems: readonly Problem[]): Promise<number> {
  sayProblems(problems);
  const reason = problems.map(publicWords).join('; ');
  const result = recordNotStarted(name, host, { stage: 'configuration', reason, code: exitCodes.configuration });
  await rotateWithoutRun(name, host);
  return report(result, { ...name, config });
}

async function superviseOrRefuse({ request, config, host, name }: Scene, job: ServiceJob): Promise<number> {
  const refusal = serviceRefusal(request, job);
  if (refusal !== undefined) return refuseRun(refusal);
  const { superviseService } = await import('../on-demand/supervise.ts');
  return superviseService({ job, run: name.run, config, host, byTheClock: name.trigger.by === 'clock' });
}

/** The options that only the run of a job has. */
function serviceRefusal({ slug, follow, slowStart }: RunRequest, { service }: ServiceJob): string | undefined {
  const log = `${slug}${service.instances > 1 ? '.0' : ''}`;
  if (follow) return `${slug} is a service, so there is no run to follow; its output: jobctl logs ${log} --follow`;
  return slowStart ? `${slug} is a service; it has no slow_start_command` : undefined;
}

async function runOrSkip(scene: Scene, job: RunJob): Promise<number> {
  const { request, config, host, name } = scene;
  if (request.slowStart && job.slowStartCommands === undefined)
    return refuseRun(`${request.slug} has no slow_start_command`);
  const before = await lookBefore(scene, job);
  if (before.is === 'not-due') return 0;
  const ofTick = { ...name, ...defined({ tick: before.tick }) };
  const reported = { ...name, config, job };
  const result =
    before.is === 'skip'
      ? recordSkip(ofTick, host, before.skip)
      : before.is === 'refuse'
        ? recordNotStarted(ofTick, host, { stage: 'pause', reason: before.reason })
        : await runHere(
            { ...orderOf(scene, job), ...ofTick, onStarted: (begun) => queueStart(reported, begun) },
            scene,
          );
  // Another host has the tick.
  if (result === undefined) return 0;
  if (result.logPath === undefined) await rotateWithoutRun(name, host);
  const code = await report({ ...result, warnings: [...before.warnings, ...result.warnings] }, reported);
  if (result.logPath !== undefined) startPruning(config, job.logRetention);
  return code;
}

/** Runs the job, where it is one of a pool if the other hosts permit it; undefined if another one has the tick. */
async function runHere(order: RunOrder, { config, host, name }: Scene): Promise<RunResult | undefined> {
  if (order.job.pool?.claims === undefined) return runJob(order, host);
  const { openClaim } = await import('./on-demand/claim.ts');
  const claiming = openClaim(order, config, host);
  if (claiming.is === 'refused')
    return recordNotStarted({ ...name, ...defined({ tick: order.tick }) }, host, {
      ...{ stage: 'asking etcd', reason: claiming.reason, code: exitCodes.configuration },
    });
  try {
    return await runPermitted(order, claiming.permission, host);
  } finally {
    claiming.close();
  }
}

function lookBefore({ request, config, host, name }: Scene, job: RunJob) {
  const changedMs = jobChangedMs(job, config);
  return beforeRun(
    { ...name, job, onlyDue: request.due === true, changedMs, ...defined({ caughtUp: caughtUpTick(host) }) },
    {
      ...{ ...host, sha256, claims: tickClaims(config.stateDirectory), zones: hostZones(config.stateDirectory) },
      readPauses: () => readPauses(host.state),
    },
  );
}

function caughtUpTick({ clock }: RunHost): Tick | undefined {
  const given = process.env[caughtUpVariable];
  if (given === undefined || !/^\d{10,14}$/.test(given)) return undefined;
  return { tickMs: Number(given), lateMs: Math.max(0, clock.nowMs() - Number(given)) };
}

function orderOf({ request, config, name: { run, trigger } }: Scene, job: RunJob) {
  const runPath = runPathOf(run, process.env[runIdVariable]);
  const world = worldOf({
    job,
    fixed: fixedWorld(config),
    runPath,
    traceParent: traceParentOf(runPath, (text) => sha256(Buffer.from(text))),
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  });
  return { job, run, trigger, slowStart: request.slowStart, world };
}

function newRun({ clock }: RunHost): string {
  const given = process.env[givenRunVariable];
  if (given !== undefined && /^[\w-]{1,60}$/.test(given)) return given;
  return newRunId(clock.nowMs(), randomUuid());
}

function currentTrigger(): Trigger {
  return triggerOf({ environment: process.env, uid: callerUid(), name: callerName(), runIdVariable });
}

/** Prints a line on stderr if the run did not succeed, then informs log, syslog and notices. */
async function report(result: RunResult, run: ReportedRun): Promise<number> {
  const { outcome } = result;
  const failed = result.exitCode !== 0;
  if (failed)
    say(
      program,
      `${run.slug} ${outcomeWords(outcome)}${result.logPath === undefined ? '' : ` (log: ${result.logPath})`}`,
    );
  for (const warning of result.warnings) say(program, `${run.slug}: ${warning}`);
  await reportRun(result, run);
  return result.exitCode;
}

function unknownJob(slug: string, config: Config): string {
  const listed = listJobFiles(config, files);
  const guess = listed.is === 'listed' ? nearest(slug, listed.slugs) : undefined;
  const namesake = unreadNamesake(slug, config, files);
  return `there is no job "${slug}" in ${config.jobDirectory}${namesake || (guess === undefined ? '' : `; did you mean "${guess}"?`)}`;
}

/**
 * Refuses before there is a log. The standard error of a start by cron (MAILTO="") is not read, so
 * syslog gets the words, too.
 */
async function refuseRun(words: string): Promise<number> {
  const exitCode = refuse(program, words);
  if (currentTrigger().by !== 'person') await writeSyslog('error', words);
  return exitCode;
}
