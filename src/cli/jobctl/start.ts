/**
 * `jobctl start`: runs jobs now in the background and prints the ids of the runs. With --wait it
 * shows their output and exits as they do.
 */
import type { ChildProcess } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { elsewhereWords, type Seat } from '../../fleet/seat.ts';
import { loadJob } from '../../job/load.ts';
import { activityOrphans, isBroken } from '../../report/text/job.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { type Pause, pauseWords, resumeCommand } from '../../run/pause/pause.ts';
import { isOutOfReach } from '../../run/process-words.ts';
import { files } from '../../system/file/files.ts';
import { randomUuid } from '../../system/file/random.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { formatProblem } from '../../text/problem.ts';
import { shellWord } from '../../text/shell-word.ts';
import { timeText } from '../../zone/wall-time.ts';
import { say, sayBytes, showBytes } from '../frame/output.ts';
import { type ProgramStart, startAndRead, startBeside } from '../frame/start-program.ts';
import { zoneProblem } from '../frame/zones.ts';
import type { Jobs } from '../report/snapshots.ts';
import { givenRunVariable } from '../run/run-named.ts';
import { type Act, actOnEach } from './frame/act.ts';
import type { ActResult } from './frame/answers.ts';
import type { Options } from './frame/options.ts';
import { recordSteering } from './frame/record.ts';

export function start(options: Options, config: Config): Promise<number> {
  return actOnEach(options, config, startJob);
}

/**
 * Refuses at once what can be known now. What goes wrong later is on record under the id that is
 * printed.
 */
export async function startJob(slug: string, { options, config, jobs, answers }: Act): Promise<ActResult> {
  const leftOut = leftOutWords(slug, options, jobs);
  if (leftOut !== undefined) {
    answers.print(`${slug} is not started: it ${leftOut}\n`);
    return { exitCode: 0, value: { started: false } };
  }
  const refusal = startRefusal(slug, jobs);
  if (refusal !== undefined) {
    const { words, code } = refusal;
    answers.say(`${slug} ${words}`);
    return { exitCode: code, value: { started: false, reason: words } };
  }
  const run = newRunId(clock.nowMs(), randomUuid());
  if (options.reason !== undefined || (options.tag ?? options.viaTag) !== undefined)
    recordSteering([slug], { action: 'start', started: run }, options, config);
  const program = runStart(slug, run, options);
  if (!options.wait) {
    startBeside(program);
    answers.print(`${run}\n`);
    return { exitCode: 0, value: { started: true, run } };
  }
  // The run outlives this terminal. With --json standard output has the object alone.
  const child = startAndRead(program, ['ignore', options.json ? 'ignore' : 'pipe', 'pipe']);
  answers.print(`${run}\n`);
  const exitCode = await endOf(child, { slug, run });
  return { exitCode, value: { started: true, run, exitCode } };
}

/** A start by tag leaves out the jobs that are disabled, and those of other hosts. */
function leftOutWords(slug: string, { tag, viaTag }: Options, jobs: Jobs): string | undefined {
  const loaded = (tag ?? viaTag) === undefined ? undefined : jobs.load(slug);
  if (loaded?.ok !== true) return undefined;
  const { disabled, seat } = loaded.value;
  if (disabled) return `is disabled in its file; jobctl start ${slug} runs it all the same`;
  return seat === undefined || seat.isHere ? undefined : elsewhereWords(seat);
}

/**
 * Shows the output of the run until it has ended. Ctrl-C, or closing the terminal, ends the
 * waiting, not the run.
 */
function endOf(child: ChildProcess, { slug, run }: { readonly slug: string; readonly run: string }): Promise<number> {
  child.stdout?.on('data', showBytes);
  child.stderr?.on('data', sayBytes);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal === null ? (code ?? exitCodes.internal) : signalCode(signal)));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
      process.once(signal, () => {
        say('jobctl', `no longer waiting; ${slug} goes on as run ${run}. To end it: jobctl stop ${slug}`);
        resolve(signalCode(signal));
      });
    }
  });
}

function signalCode(signal: NodeJS.Signals): number {
  return 128 + os.constants.signals[signal];
}

function runStart(slug: string, run: string, { 'slow-start': slowStart, wait, config }: Options): ProgramStart {
  return {
    name: 'run-job',
    args: ['--job', slug, ...(slowStart ? ['--slow-start'] : []), ...(wait ? ['--follow'] : [])],
    configFile: config,
    variables: { [givenRunVariable]: run },
  };
}

function pausedRefusal(pause: Pause): string {
  return `is ${pauseWords(pause, timeText(hostZone()))}; to end that: ${resumeCommand(pause)}`;
}

interface Refusal {
  readonly words: string;
  readonly code: number;
}

/** Refuses to end a run for the sake of one that could not start. */
export function restartRefusal(slug: string, { jobs, options, config }: Act): Refusal | undefined {
  const refusal = lastingRefusal(slug, jobs) ?? fileRefusal(slug, options, config);
  if (refusal === undefined) return undefined;
  const activity = jobs.snapshot(slug)?.activity.is ?? 'idle';
  return activity === 'idle' ? refusal : { ...refusal, words: `${refusal.words}; its run goes on` };
}

/** Returns what run-job would say about the file. */
function fileRefusal(slug: string, options: Options, config: Config): Refusal | undefined {
  const loaded = loadJob(slug, config, { files, checkZone: zoneProblem });
  if (loaded?.ok === false) {
    const [problem] = loaded.problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    return { words: `has an invalid file: ${problem ?? ''}`, code: exitCodes.configuration };
  }
  if (options['slow-start'] && loaded?.ok && loaded.value.slowStartCommands === undefined)
    return { words: 'has no slow_start_command', code: exitCodes.usage };
  return undefined;
}

function startRefusal(slug: string, jobs: Jobs): Refusal | undefined {
  const job = jobs.snapshot(slug);
  if (job?.activity.is === 'running' && !isBroken(job) && job.collisionPolicy === 'CANCEL_NEW')
    return { words: `is running already (run ${job.activity.run ?? 'unknown'})`, code: exitCodes.skipped };
  return lastingRefusal(slug, jobs) ?? orphanRefusal(slug, jobs);
}

/**
 * Refuses if processes remain that only root can end: they will still be there when the run starts.
 */
function orphanRefusal(slug: string, jobs: Jobs): Refusal | undefined {
  const job = jobs.snapshot(slug);
  if (job === undefined || isBroken(job) || job.activity.is !== 'orphaned') return undefined;
  if (job.collisionPolicy !== 'CANCEL_NEW' || !isOutOfReach(job.activity.processes ?? [])) return undefined;
  return { words: `can't start: ${activityOrphans(job.activity)}`, code: exitCodes.skipped };
}

/** Returns why the job can't start, whether it is running or not. */
function lastingRefusal(slug: string, jobs: Jobs): Refusal | undefined {
  const job = jobs.snapshot(slug);
  if (job === undefined) return { words: 'is gone', code: exitCodes.usage };
  if (isBroken(job)) {
    const [problem = ''] = job.problems;
    return job.file === 'gone'
      ? { words: "can't be started: its file is gone", code: exitCodes.usage }
      : { words: `has an invalid file: ${problem}`, code: exitCodes.configuration };
  }
  if (job.seat?.isHere === false)
    return {
      words: `can't be started here: it ${elsewhereWords(job.seat)}${thereWords(slug, job.seat)}`,
      code: exitCodes.usage,
    };
  if (job.paused === undefined) return undefined;
  const isUnknown = 'directory' in job.paused.target;
  return { words: pausedRefusal(job.paused), code: isUnknown ? exitCodes.internal : exitCodes.skipped };
}

function thereWords(slug: string, { hosts: [host] }: Seat): string {
  return host === undefined ? '' : `; to start it there: ssh ${shellWord(host)} sudo jobctl start ${slug}`;
}
