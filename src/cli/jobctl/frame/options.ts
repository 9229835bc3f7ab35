/** The commands of jobctl and their options. */
import type { Argv } from 'yargs';
import { parseCommandLine } from '../../on-demand/options.ts';

/** Every option of every command; yargs has made sure that only those of the command are there. */
export interface Options {
  readonly _: readonly (string | number)[];
  readonly name?: string;
  /** Of commands that take several. */
  readonly names?: readonly string[];
  readonly path?: string;
  readonly tag?: string;
  /** `name` was found by this tag. */
  readonly viaTag?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly output?: string;
  readonly detail?: string;
  readonly wait?: boolean;
  readonly 'slow-start'?: boolean;
  readonly reason?: string;
  readonly for?: string;
  readonly until?: string;
  readonly at?: string;
  readonly hours?: string;
  readonly count?: string;
  readonly kill?: boolean;
  readonly supervisors?: boolean;
  readonly lines?: string;
  readonly failed?: boolean;
  readonly slow?: boolean;
  readonly since?: string;
  readonly raw?: boolean;
  readonly follow?: boolean;
  readonly run?: string;
  readonly config?: string;
}

const job = { type: 'string', describe: 'The name of a job: its file without .yaml.' } as const;
const tag = { type: 'string', requiresArg: true, describe: 'Every job with this tag.' } as const;
const json = { type: 'boolean', describe: 'Print JSON, one object per line.' } as const;
const reason = { type: 'string', requiresArg: true, describe: 'Why, for the record.' } as const;
const wait = { type: 'boolean', describe: 'Wait for its end and exit with its code.' } as const;
const slowStart = { type: 'boolean', describe: 'Run its slow_start_command.' } as const;
const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export function parseJobctl(args: readonly string[]) {
  const line = parseCommandLine('jobctl', args, (options) =>
    looking(steering(options))
      .usage('Usage: $0 COMMAND [NAME] [options]')
      .demandCommand(0)
      .option('config', { type: 'string', requiresArg: true, describe: 'Another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' }),
  );
  return line.is === 'answered' ? { ...line, text: showNeededNames(line.text) } : line;
}

/** yargs must take a name as optional because `--tag` may stand for it; the help says which commands need one of the two. */
function showNeededNames(help: string): string {
  return help.replace(/^((?:Usage: | {2})?jobctl (\w+)) \[name\]/gm, (written, start, command) =>
    nameless.has(command) ? written : `${start} <name>`,
  );
}

/** Commands that are about all jobs unless one is named. */
const nameless: ReadonlySet<string> = new Set(['status']);

/** A job, or all with a tag; and JSON. */
function chosen(command: Argv) {
  return command.positional('name', job).option('tag', tag).option('json', json);
}

function steering(options: Argv): Argv {
  return options
    .command(
      'start [name]',
      'Run a job now, in the background, and print the id of the run. A service: bring it up and keep it up.',
      (c) => chosen(c).option('wait', wait).option('slow-start', slowStart).option('reason', reason),
    )
    .command('stop [name]', 'End the run of a job and all that it started. A service: end it and keep it down.', (c) =>
      chosen(c).option('reason', reason).option('supervisors', {
        type: 'boolean',
        describe: 'End all services, before a removal; they stay wanted up or down.',
      }),
    )
    .command(
      'restart [name]',
      'End the run of a job, if there is one, and run it again. Of a service: restart the instances one at a time; NAME.2 restarts one.',
      (c) => chosen(c).option('reason', reason).option('wait', wait).option('slow-start', slowStart),
    )
    .command('pause [name]', 'Keep a job from being started; a run that is under way goes on.', (c) =>
      chosen(c)
        .option('tag', { ...tag, describe: 'Every job that has this tag, also jobs that get it later.' })
        .option('for', text('How long: 30m, 2h, 2d12h, 1w.'))
        .option('until', text('Until this time: 18:00, 8am, monday, "tomorrow 9:00", 2026-11-24T18:00.'))
        .option('reason', reason)
        .option('kill', { type: 'boolean', describe: 'End the run that is under way.' })
        .conflicts('for', 'until'),
    )
    .command('resume [name]', 'End a pause.', (c) => chosen(c).option('reason', reason))
    .command('snooze [name]', 'Suspend the probes of a service, or of one instance, for a while.', (c) =>
      chosen(c).option('for', text('How long: 90s, 30m (default: snooze_max).')).option('reason', reason),
    )
    .command(
      'reset [name]',
      'Forget the failures of a job, and end the pause that they led to; try a service again that has failed.',
      (c) => chosen(c).option('reason', reason),
    );
}

function looking(options: Argv): Argv {
  return (
    options
      .command('status [name]', 'The state of all jobs, or everything about one.', (c) =>
        chosen(c).option('watch', { alias: 'w', type: 'boolean', describe: 'Show it until q is pressed, up to date.' }),
      )
      // Its names are what is left of the words: of a list of positional arguments yargs would keep the last one only.
      .command('next', 'When jobs will start (default: all jobs).', (c) =>
        c
          .usage('Usage: $0 next [NAME..] [options]')
          .option('tag', tag)
          .option('json', json)
          .option('count', { alias: 'n', ...text('Number of ticks per job (5 of one job, else 1).') })
          .option('hours', text('All ticks of so many hours from now.'))
          .option('until', text('All ticks up to this time.'))
          .option('at', text('From this time on instead of now.'))
          .conflicts('hours', 'until'),
      )
      .command('why [name]', 'Why a job or service is as it is, or did not run; what stopped it and what to do.', (c) =>
        chosen(c)
          .option('at', text('At this time instead: 10:30, "yesterday 18:00", 2026-11-24T18:00.'))
          .option('all', { type: 'boolean', describe: 'Show everything that was looked at.' }),
      )
      .command('history', 'What became of runs and services, and what people have decided; newest last.', (c) =>
        c
          .usage('Usage: $0 history [NAME..] [options]')
          .option('tag', tag)
          .option('json', json)
          .option('failed', { type: 'boolean', describe: 'Only what failed or was missed.' })
          .option('slow', {
            type: 'boolean',
            describe: 'Only runs beyond warn_duration, or over twice their usual time and 10 s more.',
          })
          .option('since', text('From this time on: yesterday, "monday 8:00", 12h, 2026-11-24T18:00.'))
          .option('until', text('Up to this time.'))
          .option('lines', { alias: 'n', ...text('How many (20; with --since all, up to 10000).') }),
      )
      .command('metrics', 'The state of all jobs for Prometheus.', (c) =>
        c
          .option('tag', tag)
          .option('output', text('Write it to this file instead, which is replaced at once.'))
          .option('detail', text('all (default), or alerts: only what the shipped alert rules need.')),
      )
      .command('failed', 'Jobs and services that are failing now: since when, how often, their last words.', (c) =>
        c.usage('Usage: $0 failed [NAME..] [options]').option('tag', tag).option('json', json),
      )
      .command('logs [name]', 'The log of the latest run.', (c) =>
        c
          .positional('name', job)
          .option('tag', tag)
          .option('follow', {
            alias: 'f',
            type: 'boolean',
            describe: 'Follow the run under way to its end, or wait for the next one; a service without end.',
          })
          .option('lines', { alias: 'n', ...text('Only the last lines: how many.') })
          .option('since', text('Only from this time on: "10 min ago", 10:30, "yesterday 18:00", 2026-11-24T18:00.'))
          .option('raw', {
            type: 'boolean',
            describe: 'Control characters as they are, also on a terminal (where only colours pass).',
          })
          .option('run', text('The log of this run instead.')),
      )
      .command('check [path]', 'Check job files as cron-generate would, in a directory or a single one.', (c) =>
        c
          .positional('path', { type: 'string', describe: 'A directory or file; the job directory unless given.' })
          .option('json', json),
      )
  );
}
