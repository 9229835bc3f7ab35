/**
 * job-scheduler: starts jobs by the clock where there is no cron, in the foreground and as the
 * service user.
 */
import type { LogFormat } from '../crontab/scheduler/event.ts';
import { momentForms, parseMoment } from '../report/typed/moment.ts';
import { exitCodes } from '../run/outcome/outcome.ts';
import { clock } from '../system/time/clock.ts';
import { hostZone } from '../system/time/zones.ts';
import { parseDuration } from '../text/duration.ts';
import { schedulerFiles } from './crontab/scheduler/files.ts';
import { loadLines } from './crontab/scheduler/load.ts';
import { metricsPlace } from './crontab/scheduler/metrics-place.ts';
import { startOnce } from './crontab/scheduler/once.ts';
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
  0    it was asked to stop, and has; with --once: all was started, whatever became of it
  1    with --once: a start has failed
  64   wrong usage
  77   neither the service user nor root
  78   the configuration has problems, or the jobs can't be listed
  125  it can't listen (--metrics), or an internal error`;

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
      .option('metrics', {
        type: 'string',
        requiresArg: true,
        describe: 'Answer at this port, or HOST:PORT, with what "jobctl metrics" prints; a port alone is on loopback.',
      })
      .option('once', { type: 'boolean', describe: 'Start what is due in this minute, and end after the runs.' })
      .option('at', {
        type: 'string',
        requiresArg: true,
        implies: 'once',
        describe: 'With --once: start what is due then, as a person would; no tick is used up.',
      })
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
  const metrics = options.metrics === undefined ? undefined : metricsPlace(options.metrics);
  if (options.metrics !== undefined && metrics === undefined)
    return refuse(program, '--metrics takes a port, or an address and a port such as 0.0.0.0:9746');
  if (metrics !== undefined && options.once) return refuse(program, '--metrics and --once exclude each other');
  const now = { nowMs: clock.nowMs(), zone: hostZone(), leaning: 'future' } as const;
  const atMs = options.at === undefined ? undefined : parseMoment(options.at, now);
  if (options.at !== undefined && atMs === undefined)
    return refuse(program, `--at must be ${momentForms(now)}, found "${options.at}"`);
  const configFile = options.config;
  const opened = await openAsServiceUser({ program, args, configFile });
  if (opened.is === 'over') return opened.exitCode;
  const first = loadLines(configFile, schedulerFiles(opened.config.stateDirectory).crontab());
  if (first.lines === undefined) {
    sayProblems(first.problems);
    return exitCodes.configuration;
  }
  const loaded = { ...first, lines: first.lines };
  const how = {
    ...{ configFile, drainSeconds, maxStarts, metrics },
    logFormat: options['log-format'] as LogFormat,
    jobOutput: options['job-output'] === true,
    keepServices: options['keep-services'] === true,
  };
  return options.once ? startOnce(loaded, { ...how, atMs }) : schedule(loaded, how);
}
