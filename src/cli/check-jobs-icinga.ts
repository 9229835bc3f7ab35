/** check-jobs-icinga: a monitoring plugin that says which jobs fail. */

import { checkJobs, type Limits, pluginWords } from '../report/text/icinga.ts';
import { matchesGlob } from '../report/typed/glob.ts';
import { lookAs } from '../system/file/as-user.ts';
import { files } from '../system/file/files.ts';
import { defined } from '../text/defined.ts';
import { parseDuration } from '../text/duration.ts';
import { print, runProgram } from './frame/output.ts';
import { loadSetting } from './frame/setting.ts';
import { startAndRead } from './frame/start-program.ts';
import { parseCommandLine } from './on-demand/options.ts';
import { openJobs } from './report/snapshots.ts';
import { timesOf } from './report/times.ts';

const program = 'check-jobs-icinga';

/** A busy host may start a job this late, and so may cron after the clock has jumped. */
const usualWarningSeconds = 600;

/** The exit code of the monitoring plugins guidelines for what the plugin could not find out. */
const unknown = 3;

export function main(args: readonly string[]): void {
  runProgram(program, args, () => {
    try {
      return check(args);
    } catch (error) {
      return answerUnknown((error as Error).message);
    }
  });
}

function parse(args: readonly string[]) {
  return parseCommandLine(program, args, (options) =>
    options
      .usage(
        'Usage: $0 [-j GLOB] [-w SECONDS] [-c SECONDS] [-t SECONDS]\n\nMonitoring plugin: is any job failing or overdue?',
      )
      .option('jobs', {
        alias: 'j',
        type: 'string',
        requiresArg: true,
        describe: 'Only jobs whose name matches this glob of * and ?.',
      })
      .option('warning', {
        alias: 'w',
        type: 'string',
        requiresArg: true,
        describe: `Warn when a job is overdue by this much: seconds, or 10m, 2h (default: ${usualWarningSeconds}).`,
      })
      .option('critical', {
        alias: 'c',
        type: 'string',
        requiresArg: true,
        describe: 'Critical when a job is overdue by this much (default: never).',
      })
      .option('timeout', {
        alias: 't',
        type: 'string',
        requiresArg: true,
        describe: 'Answer UNKNOWN when the check takes longer than this (default: no limit).',
      })
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' }),
  );
}

function check(args: readonly string[]): Promise<number> | number {
  const line = parse(args);
  if (line.is === 'answered') {
    print(line.text);
    return line.exitCode === 0 ? 0 : unknown;
  }
  const { options } = line;
  const seconds = {
    warning: secondsOf(options.warning),
    critical: secondsOf(options.critical),
    timeout: secondsOf(options.timeout),
  };
  const wrong = Object.entries(seconds).find(([, value]) => Number.isNaN(value));
  if (wrong !== undefined) return answerUnknown(`--${wrong[0]} must be a number of seconds, or a time such as 10m`);
  if (seconds.timeout !== undefined) return checkInTime(args, seconds.timeout);
  const { warning: warningSeconds = usualWarningSeconds, critical: criticalSeconds } = seconds;
  return checkNow(options, { warningSeconds, ...defined({ criticalSeconds }) });
}

function checkNow(
  { jobs: glob, config }: { readonly jobs?: string | undefined; readonly config?: string | undefined },
  limits: Limits,
): number {
  const setting = loadSetting(config);
  if (!setting.ok) return answerUnknown(setting.problems[0]?.message ?? 'the configuration can not be read');
  lookAs(setting.value.serviceUser);
  const unreadable = stateProblem(setting.value.stateDirectory);
  if (unreadable !== undefined) return answerUnknown(unreadable);
  const opened = openJobs(setting.value, timesOf(setting.value));
  if (!opened.ok) return answerUnknown(opened.problem.message);
  const { jobs } = opened;
  const names = jobs.slugs.filter((slug) => matchesGlob(slug, glob ?? '*'));
  const answer = checkJobs([...jobs.snapshots(names, 1)], limits);
  print(answer.text);
  return answer.code;
}

/**
 * A state directory that can't be read is UNKNOWN, not OK. Before the first run it doesn't exist,
 * which is OK.
 */
function stateProblem(directory: string): string | undefined {
  const isThere = files.facts(directory) !== undefined;
  return isThere && files.list(directory) === undefined ? `${directory} can not be read` : undefined;
}

/**
 * Checks in a child process: a process that hangs in a read from a file server can't be stopped,
 * only left behind.
 */
function checkInTime(args: readonly string[], limitSeconds: number): Promise<number> {
  const child = startAndRead({ name: program, args: withoutTimeout(args) }, ['ignore', 'pipe', 'inherit']);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(answerUnknown(`no answer within ${limitSeconds} seconds`));
    }, limitSeconds * 1000);
    child.once('error', (error) => resolve(answerUnknown(error.message)));
    child.once('close', (code) => {
      clearTimeout(timer);
      print(text);
      resolve(code ?? unknown);
    });
  });
}

/**
 * Removes the option in each form that yargs reads: `-t 5`, `-t5`, `--timeout 5`, `--timeout=5`.
 */
function withoutTimeout(args: readonly string[]): readonly string[] {
  return args.filter((word, at) => {
    const isIt = /^(?:-t|--timeout)(?:=|$)|^-t./.test(word);
    const isItsValue = /^(?:-t|--timeout)$/.test(args[at - 1] ?? '');
    return !isIt && !isItsValue;
  });
}

/** Returns seconds, NaN if the text is no time, `undefined` if the option was not given. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Number(text);
  return parseDuration(text) ?? Number.NaN;
}

function answerUnknown(reason: string): number {
  print(`JOBS UNKNOWN: ${pluginWords(reason)}\n`);
  return unknown;
}
