/**
 * job-scheduler: starts jobs by the clock where there is no cron, in the foreground and as the
 * service user.
 */
import type { LogFormat } from '../crontab/scheduler/event.ts';
import { exitCodes } from '../run/outcome/outcome.ts';
import { parseDuration } from '../text/duration.ts';
import { schedulerFiles } from './crontab/scheduler/files.ts';
import { loadLines } from './crontab/scheduler/load.ts';
import { usualMaxStarts } from './crontab/scheduler/runs.ts';
import { schedule } from './crontab/scheduler/work.ts';
import { printAnswer, runProgram, sayProblems } from './frame/output.ts';
import { openAsServiceUser } from './frame/prologue.ts';
import { refuse } from './frame/refuse.ts';
import { folded, parseCommandLine } from './on-demand/options.ts';

const program = 'job-scheduler';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => scheduleJobs(args));
}

const epilogue = `Signals:
  TERM, INT   start nothing more, wait for the runs (--drain), then stop them; a second one stops them at once
  HUP         read the configuration and all job files again; changes are also noticed without it

Exit codes:
  0   it was asked to stop, and has
  64  wrong usage
  77  neither the service user nor root
  78  the configuration has problems, or the jobs can't be listed`;

function parse(args: readonly string[]) {
  return parseCommandLine(program, args, (empty) =>
    empty
      .usage('Usage: $0 [options]\n\nStart jobs by the clock, as cron would, where no cron runs.')
      .option('drain', {
        type: 'string',
        requiresArg: true,
        default: '30s',
        describe: 'When asked to stop, wait this long for runs to end by themselves.',
      })
      .option('max-starts', {
        type: 'string',
        requiresArg: true,
        default: String(usualMaxStarts),
        defaultDescription: 'processors × 4',
        describe: 'Let at most this many programs begin at the same time.',
      })
      .option('log-format', {
        type: 'string',
        choices: ['text', 'json'] as const,
        default: 'text' as const,
        describe: 'The form of the events on standard output.',
      })
      .option('job-output', { type: 'boolean', describe: 'Print also what the jobs print, with the name of the job.' })
      .option('keep-services', { type: 'boolean', describe: 'When asked to stop, leave services up.' })
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' })
      .epilogue(folded(epilogue)),
  );
}

async function scheduleJobs(args: readonly string[]): Promise<number> {
  const line = parse(args);
  if (line.is === 'answered') return printAnswer(line);
  const { options } = line;
  const drainSeconds = parseDuration(options.drain);
  if (drainSeconds === undefined) return refuse(program, '--drain takes a time such as 30s or 5m');
  const maxStarts = /^[1-9]\d{0,4}$/.test(options['max-starts']) ? Number(options['max-starts']) : undefined;
  if (maxStarts === undefined) return refuse(program, '--max-starts takes a number from 1 on');
  const configFile = options.config;
  const opened = await openAsServiceUser({ program, args, configFile });
  if (opened.is === 'over') return opened.exitCode;
  const first = loadLines(configFile, schedulerFiles(opened.config.stateDirectory).crontab());
  if (first.lines === undefined) {
    sayProblems(first.problems);
    return exitCodes.configuration;
  }
  return schedule(
    { ...first, lines: first.lines },
    {
      ...{ configFile, drainSeconds, maxStarts },
      logFormat: options['log-format'] as LogFormat,
      jobOutput: options['job-output'] === true,
      keepServices: options['keep-services'] === true,
    },
  );
}
