/** From the name of a job to its exit code: configuration, service user, job file, tick and pause, run, and who must hear of it. */
import { statSync } from 'node:fs';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { listJobFiles, loadJob, unreadNamesake } from '../../job/load.ts';
import { privateValues } from '../../job/private-values.ts';
import { beforeRun } from '../../run/before-run.ts';
import type { Tick, Trigger } from '../../run/history/event.ts';
import { type RunName, type RunResult, recordNotStarted, recordSkip } from '../../run/history/record.ts';
import { newRunId, runPathOf, triggerOf } from '../../run/identity.ts';
import { exitCodes, outcomeWords } from '../../run/outcome/outcome.ts';
import { readPauses } from '../../run/pause/pause.ts';
import { type RunHost, runJob } from '../../run/run.ts';
import { runIdVariable, worldOf } from '../../run/world/world.ts';
import { files } from '../../system/file/files.ts';
import { sha256 } from '../../system/file/hash.ts';
import { randomUuid } from '../../system/file/random.ts';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { callerUid } from '../../system/user/become.ts';
import { nearest } from '../../text/nearest.ts';
import { publicWords } from '../../yaml/audience.ts';
import { callerName } from '../frame/caller-name.ts';
import { fixedWorld } from '../frame/fixed-world.ts';
import { realHost } from '../frame/host.ts';
import { say, sayProblems } from '../frame/output.ts';
import { privateHistory } from '../frame/private-records.ts';
import { openAsServiceUser } from '../frame/prologue.ts';
import { refuse } from '../frame/refuse.ts';
import { machineZones, zoneObjection } from '../frame/tick-zones.ts';
import { noteStart } from '../notify/leave-note.ts';
import { type RunTold, tellOfRun } from '../notify/tell.ts';
import { startPruning } from './start-pruning.ts';

export interface RunWish {
  readonly slug: string;
  readonly slowStart: boolean;
  /** The line asks more often than the schedule says; it starts nothing when no tick is due. */
  readonly due?: boolean;
  /** What the job prints is shown also where standard output is not a terminal. */
  readonly follow?: boolean;
  readonly configFile?: string;
}

const program = 'run-job';

/** The id that `jobctl start` has already told the person. */
export const givenRunVariable = 'PROCESS_CONTROL_GIVEN_RUN';

/** The missed tick, in milliseconds since 1970, that `--catch-up` has claimed for this run. */
export const caughtUpVariable = 'PROCESS_CONTROL_CAUGHT_UP';

export async function runNamed(wish: RunWish, args: readonly string[]): Promise<number> {
  const { configFile } = wish;
  const opened = await openAsServiceUser({ program, args, configFile, refusals: 'stderr and syslog' });
  return opened.is === 'over' ? opened.exitCode : runAsServiceUser(wish, opened.config);
}

async function runAsServiceUser(wish: RunWish, config: Config): Promise<number> {
  const { slug } = wish;
  const trigger = currentTrigger();
  const loaded = loadJob(slug, config, { files, sha256, checkZone: zoneObjection });
  if (loaded === undefined) return refuseRun(unknownJob(slug, config));
  const everyday = realHost(config, (remark) => say(program, remark), { follow: wish.follow === true });
  const values = loaded.ok ? privateValues(loaded.value, files) : [];
  const host: RunHost = { ...everyday, history: privateHistory(everyday.history, () => values) };
  const name = { slug, run: newRun(host), trigger };
  const told = { ...name, config };
  if (!loaded.ok) {
    sayProblems(loaded.problems);
    const reason = loaded.problems.map(publicWords).join('; ');
    const result = recordNotStarted(name, host, { stage: 'configuration', reason, code: exitCodes.configuration });
    return tell(result, told);
  }
  const job = loaded.value;
  if (job.service !== undefined) {
    const refusal = serviceRefusal(wish, job);
    if (refusal !== undefined) return refuseRun(refusal);
    const { superviseService } = await import('../on-demand/supervise.ts');
    const order = { job: { ...job, service: job.service }, run: name.run, config, host };
    return superviseService({ ...order, byTheClock: trigger.by === 'clock' });
  }
  if (wish.slowStart && job.slowStartCommands === undefined) {
    return refuseRun(`${slug} has no slow_start_command`);
  }
  const before = await lookBefore(wish, job, { config, name, host });
  if (before.is === 'not-due') return 0;
  const { tick, troubles } = before;
  const ofTick: RunName = { ...name, ...(tick !== undefined && { tick }) };
  const order = { ...orderOf(wish, job, { run: name.run, trigger, config }), ...ofTick };
  const result =
    before.is === 'skip'
      ? recordSkip(ofTick, host, before.skip)
      : await runJob({ ...order, onStarted: (begun) => noteStart({ ...told, job }, begun) }, host);
  const code = await tell({ ...result, troubles: [...troubles, ...result.troubles] }, { ...told, job });
  if (result.logPath !== undefined) startPruning(config, job.logRetention);
  return code;
}

/** What only a run has. */
function serviceRefusal({ slug, follow, slowStart }: RunWish, { service }: Job): string | undefined {
  const log = `${slug}${(service?.instances ?? 1) > 1 ? '.0' : ''}`;
  if (follow) return `${slug} is a service, so there is no run to follow; its output: jobctl logs ${log} --follow`;
  return slowStart ? `${slug} is a service; it has no slow_start_command` : undefined;
}

interface Starting {
  readonly config: Config;
  readonly name: RunName;
  readonly host: RunHost;
}

function lookBefore({ due }: RunWish, job: Job, { config, name, host }: Starting) {
  const caughtUp = caughtUpTick(host);
  return beforeRun(
    {
      ...{ ...name, job, onlyDue: due === true },
      changedMs: statSync(job.path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
      ...(caughtUp !== undefined && { caughtUp }),
    },
    {
      ...{ ...host, sha256, claims: tickClaims(config.stateDirectory), zones: machineZones(config.stateDirectory) },
      readPauses: () => readPauses(host.state),
    },
  );
}

function caughtUpTick({ clock }: RunHost): Tick | undefined {
  const given = process.env[caughtUpVariable];
  if (given === undefined || !/^\d{10,14}$/.test(given)) return undefined;
  return { tickMs: Number(given), lateMs: Math.max(0, clock.nowMs() - Number(given)) };
}

interface Circumstances {
  readonly run: string;
  readonly trigger: Trigger;
  readonly config: Config;
}

function orderOf({ slowStart }: RunWish, job: Job, { run, trigger, config }: Circumstances) {
  const world = worldOf({
    job,
    fixed: fixedWorld(config),
    runPath: runPathOf(run, process.env[runIdVariable]),
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  });
  return { job, run, trigger, slowStart, world };
}

function newRun({ clock }: RunHost): string {
  const given = process.env[givenRunVariable];
  if (given !== undefined && /^[\w-]{1,60}$/.test(given)) return given;
  return newRunId(clock.nowMs(), randomUuid());
}

function currentTrigger(): Trigger {
  return triggerOf({ environment: process.env, uid: callerUid(), name: callerName(), runIdVariable });
}

/** Whoever waits for this run gets a line on stderr when it did not succeed; the rest hears by log, syslog and mail. */
async function tell(result: RunResult, telling: RunTold): Promise<number> {
  const { outcome } = result;
  const failed = result.exitCode !== 0;
  if (failed)
    say(
      program,
      `${telling.slug} ${outcomeWords(outcome)}${result.logPath === undefined ? '' : ` (log: ${result.logPath})`}`,
    );
  for (const trouble of result.troubles) say(program, `${telling.slug}: ${trouble}`);
  await tellOfRun(result, telling);
  return result.exitCode;
}

function unknownJob(slug: string, config: Config): string {
  const listed = listJobFiles(config, files);
  const guess = listed.is === 'listed' ? nearest(slug, listed.slugs) : undefined;
  const namesake = unreadNamesake(slug, config, files);
  return `there is no job "${slug}" in ${config.jobDirectory}${namesake || (guess === undefined ? '' : `; did you mean "${guess}"?`)}`;
}

/** Before there is a log: by the clock nobody reads standard error (MAILTO=""), so syslog gets the words, too. */
async function refuseRun(words: string): Promise<number> {
  const exitCode = refuse(program, words);
  if (currentTrigger().by !== 'person') await writeSyslog('error', words);
  return exitCode;
}
