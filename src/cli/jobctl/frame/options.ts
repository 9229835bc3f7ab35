/** The commands of jobctl and their options. */
import type { Argv } from 'yargs';
import { parseCommandLine } from '../../on-demand/options.ts';

/** The options of all commands; yargs refuses those that the command does not have. */
export interface Options {
  readonly _: readonly (string | number)[];
  readonly name?: string;
  /** The names, for commands that take several. */
  readonly names?: readonly string[];
  readonly path?: string;
  readonly tag?: string;
  /** The tag by which `name` was found. */
  readonly viaTag?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly 'all-configs'?: boolean;
  readonly output?: string;
  readonly format?: string;
  readonly detail?: string;
  readonly 'mail-test'?: string;
  readonly wait?: boolean;
  readonly 'slow-start'?: boolean;
  readonly reason?: string;
  readonly for?: string;
  readonly until?: string;
  readonly at?: string;
  readonly hours?: string;
  readonly count?: string;
  readonly kill?: boolean;
  /** The order about the `host` of a fleet. */
  readonly action?: 'cordon' | 'uncordon' | 'drain' | 'lost';
  readonly host?: string;
  readonly yes?: boolean;
  readonly supervisors?: boolean;
  readonly lines?: string;
  readonly failed?: boolean;
  readonly days?: boolean;
  readonly slow?: boolean;
  readonly since?: string;
  readonly raw?: boolean;
  readonly follow?: boolean;
  readonly run?: string;
  readonly to?: string;
  readonly write?: boolean;
  readonly user?: string;
  readonly system?: boolean;
  readonly systemd?: boolean;
  readonly anacron?: boolean;
  readonly cron?: 'debian' | 'cronie';
  readonly config?: string;
}

const job = { type: 'string', describe: 'The name of a job: its file without .yaml.' } as const;
const tag = { type: 'string', requiresArg: true, describe: 'All jobs with this tag.' } as const;
const json = { type: 'boolean', describe: 'Print JSON, one object per line.' } as const;
const reason = { type: 'string', requiresArg: true, describe: 'The reason, for the record.' } as const;
const wait = { type: 'boolean', describe: 'Wait for the run to end and exit with its code.' } as const;
const slowStart = { type: 'boolean', describe: 'Run the slow_start_command instead.' } as const;
const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export function parseJobctl(args: readonly string[]) {
  const line = parseCommandLine('jobctl', args, (options) =>
    looking(ofHosts(steering(options)))
      .usage('Usage: $0 COMMAND [NAME] [options]')
      .demandCommand(0)
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' }),
  );
  return line.is === 'answered' ? { ...line, text: showNeededNames(line.text) } : line;
}

/**
 * yargs takes a name as optional, because `--tag` can take its place. The help shows which commands
 * need one of the two.
 */
function showNeededNames(help: string): string {
  return help.replace(/^((?:Usage: | {2})?jobctl (\w+)) \[name\]/gm, (written, start, command) =>
    nameless.has(command) ? written : `${start} <name>`,
  );
}

/** The commands that are about all jobs unless one is named. */
const nameless: ReadonlySet<string> = new Set(['status']);

/** The options of commands that are about a job, or about all jobs with a tag. */
function chosen(command: Argv) {
  return command.positional('name', job).option('tag', tag).option('json', json);
}

function steering(options: Argv): Argv {
  return options
    .command(
      'start [name]',
      'Run a job now in the background and print the id of the run. Service: start it and keep it up.',
      (c) => chosen(c).option('wait', wait).option('slow-start', slowStart).option('reason', reason),
    )
    .command(
      'stop [name]',
      'End the run of a job and every process that it started. Service: stop it and keep it down.',
      (c) =>
        chosen(c).option('reason', reason).option('supervisors', {
          type: 'boolean',
          describe: 'Stop all services, before the package is removed; run-job --ensure starts them again.',
        }),
    )
    .command(
      'restart [name]',
      'End the run of a job, if there is one, and run the job again. Service: restart the instances one at a time; NAME.2 restarts one.',
      (c) => chosen(c).option('reason', reason).option('wait', wait).option('slow-start', slowStart),
    )
    .command('pause [name]', 'Keep a job from being started; a run under way goes on.', (c) =>
      chosen(c)
        .option('tag', { ...tag, describe: 'All jobs with this tag, also jobs that get it later.' })
        .option('for', text('How long: 30m, 2h, 2d12h, 1w.'))
        .option('until', text('Until this time: 18:00, 8am, monday, "tomorrow 9:00", 2026-11-24T18:00.'))
        .option('reason', reason)
        .option('kill', { type: 'boolean', describe: 'Also end the run under way.' })
        .conflicts('for', 'until'),
    )
    .command('resume [name]', 'End a pause.', (c) => chosen(c).option('reason', reason))
    .command('snooze [name]', 'Suspend the probes of a service, or of one instance, for a while.', (c) =>
      chosen(c).option('for', text('How long: 90s, 30m (default: snooze_max).')).option('reason', reason),
    )
    .command(
      'reset [name]',
      'Forget the failures of a job and end the pause that they led to. Service: start again what has failed.',
      (c) => chosen(c).option('reason', reason),
    );
}

/** Orders about a host of the pools. */
function ofHosts(options: Argv): Argv {
  return options.command(
    'host <action> <host>',
    'Take a host of the pools out (cordon, drain) and bring it back (uncordon), or free what a dead one holds (lost).',
    (c) =>
      c
        .positional('action', {
          type: 'string',
          choices: ['cordon', 'uncordon', 'drain', 'lost'] as const,
          describe: 'cordon: start nothing of the pools there; drain: the same, and say what still runs.',
        })
        .positional('host', { type: 'string', describe: 'Its name in "fleet.pools".' })
        .option('reason', reason)
        .option('wait', { type: 'boolean', describe: 'drain: wait until nothing of the pools runs there.' })
        .option('yes', { type: 'boolean', describe: 'lost: the host is off, so what it held may start elsewhere.' })
        .option('json', { type: 'boolean', describe: 'Print one JSON object.' }),
  );
}

function looking(options: Argv): Argv {
  return (
    options
      .command('status [name]', 'Show the state of all jobs, or everything about one.', (c) =>
        chosen(c)
          .option('watch', {
            alias: 'w',
            type: 'boolean',
            describe: 'Show it on the whole terminal, up to date, until q is pressed.',
          })
          .option('all-configs', {
            type: 'boolean',
            describe: 'Also show the jobs of each /etc/process-control-NAME.yaml, as NAME/JOB.',
          })
          .conflicts('watch', ['json', 'all-configs'])
          .conflicts('all-configs', 'config'),
      )
      // yargs would keep only the last of a list of positional arguments, so these names are read
      // from the remaining words.
      .command('next', 'Show when jobs will start (default: all jobs).', (c) =>
        c
          .usage('Usage: $0 next [NAME..] [options]')
          .option('tag', tag)
          .option('json', json)
          .option('count', { alias: 'n', ...text('Number of starts per job (default: 5 for one job, else 1).') })
          .option('hours', text('All starts within this many hours.'))
          .option('until', text('All starts up to this time.'))
          .option('at', text('Begin at this time instead of now.'))
          .conflicts('hours', 'until'),
      )
      .command(
        'why [name]',
        'Explain the state of a job or service, or why it did not run, and what to do about it.',
        (c) =>
          chosen(c)
            .option('at', text('Explain this time instead of now: 10:30, "yesterday 18:00", 2026-11-24T18:00.'))
            .option('all', { type: 'boolean', describe: 'Show every finding, also those that explain nothing.' }),
      )
      .command('history', 'Show how runs ended, what happened to services, and what operators did; newest last.', (c) =>
        c
          .usage('Usage: $0 history [NAME..] [options]')
          .option('tag', tag)
          .option('json', json)
          .option('failed', { type: 'boolean', describe: 'Only failures and missed ticks.' })
          .option('days', {
            type: 'boolean',
            describe: 'One line a day, also of days whose runs are gone from the record.',
          })
          .option('slow', {
            type: 'boolean',
            describe: 'Only runs beyond warn_duration, or over twice their usual time and 10 s more.',
          })
          .option('since', text('From this time on: yesterday, "monday 8:00", 12h, 2026-11-24T18:00.'))
          .option('until', text('Up to this time.'))
          .option('lines', { alias: 'n', ...text('Number of entries (default: 20; with --since all, up to 10000).') }),
      )
      .command('doctor', 'Check everything on this host that jobs depend on.', (c) =>
        c.option('json', json).option('mail-test', text('Send a mail to this address.')),
      )
      .command('fleet', 'Show the pools, their hosts, and which host has which job.', (c) =>
        c.option('json', { type: 'boolean', describe: 'Print one JSON object.' }),
      )
      .command('import', 'Show the job files that crontabs (- is standard input) or timers of systemd become.', (c) =>
        c
          .usage('Usage: $0 import SOURCE.. [options]')
          .option('write', { type: 'boolean', describe: 'Write the files, never over one that is there.' })
          .option('to', text('The directory of the files (default: the job directory).'))
          .option('systemd', {
            type: 'boolean',
            describe: 'SOURCE is a timer of systemd: a name such as backup.timer, or a file.',
          })
          .option('user', text("The user whose crontab it is, if the path doesn't say so."))
          .option('system', { type: 'boolean', describe: 'The lines have a column of users, as in /etc/crontab.' })
          .option('anacron', { type: 'boolean', describe: 'SOURCE is an anacrontab, as /etc/anacrontab is.' })
          .conflicts('systemd', ['system', 'anacron', 'cron'])
          .conflicts('system', 'anacron')
          .option('cron', {
            type: 'string',
            choices: ['debian', 'cronie'] as const,
            describe: 'The cron that reads them; for cronie CRON_TZ is time_zone.',
          })
          .option('json', {
            type: 'boolean',
            describe: 'Print a JSON list: for each source its jobs, problems, lines that are left, and environment.',
          }),
      )
      .command('metrics', 'Print the state of all jobs for Prometheus.', (c) =>
        c
          .option('tag', tag)
          .option('json', {
            type: 'boolean',
            describe: 'Print the snapshot that metrics are made from, as one JSON object.',
          })
          .option('output', text('Replace this file instead of printing.'))
          .option('detail', text('all (default), or alerts: only what the shipped alert rules need.')),
      )
      .command('endpoints [name]', 'Print where the instances of a service are, for clients and proxies.', (c) =>
        c
          .positional('name', job)
          .option('format', text('json (default), nginx or haproxy.'))
          .option('output', text('Replace this file instead of printing.'))
          .option('all', { type: 'boolean', describe: 'Also instances that are not up.' }),
      )
      .command(
        'failed',
        'List jobs and services that are failing now: since when, how often, and their last output.',
        (c) => c.usage('Usage: $0 failed [NAME..] [options]').option('tag', tag).option('json', json),
      )
      .command('logs [name]', 'Show the log of the latest run.', (c) =>
        c
          .positional('name', job)
          .option('tag', tag)
          .option('follow', {
            alias: 'f',
            type: 'boolean',
            describe: 'Follow the run under way to its end, or wait for the next run. Service: follow until Ctrl-C.',
          })
          .option('lines', { alias: 'n', ...text('Number of lines from the end.') })
          .option('since', text('Only from this time on: "10 min ago", 10:30, "yesterday 18:00", 2026-11-24T18:00.'))
          .option('raw', {
            type: 'boolean',
            describe: 'Print control characters unchanged, also on a terminal (where otherwise only colours pass).',
          })
          .option('run', text('The log of the run with this id instead.')),
      )
      .command('check [path]', 'Check job files as cron-generate does: a directory or one file.', (c) =>
        c
          .positional('path', { type: 'string', describe: 'A directory or a file (default: the job directory).' })
          .option('json', json),
      )
  );
}
