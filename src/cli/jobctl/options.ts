/** The commands of jobctl and their options. */
import { parseCommandLine } from '../options.ts';

/** Every option of every command; yargs has made sure that only those of the command are there. */
export interface Options {
  readonly _: readonly (string | number)[];
  readonly name?: string;
  readonly tag?: string;
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly 'slow-start'?: boolean;
  readonly reason?: string;
  readonly for?: string;
  readonly until?: string;
  readonly kill?: boolean;
  readonly lines?: string;
  readonly follow?: boolean;
  readonly run?: string;
  readonly config?: string;
}

export function parseJobctl(args: readonly string[]) {
  const job = { type: 'string', describe: 'The name of a job: its file without .yaml.' } as const;
  const tag = { type: 'string', requiresArg: true, describe: 'Every job with this tag.' } as const;
  const json = { type: 'boolean', describe: 'Print JSON, one object a line.' } as const;
  const reason = { type: 'string', requiresArg: true, describe: 'Why, for the record.' } as const;
  return parseCommandLine('jobctl', args, (options) =>
    options
      .usage('Usage: $0 COMMAND [NAME] [options]')
      .demandCommand(0, 2)
      .command('status [name]', 'What all jobs are doing, or all about one.', (c) =>
        c.positional('name', job).option('tag', tag).option('json', json),
      )
      .command('start [name]', 'Run a job now, in the background; prints the id of the run.', (c) =>
        c
          .positional('name', job)
          .option('tag', tag)
          .option('wait', { type: 'boolean', describe: 'Wait for its end and exit with its code.' })
          .option('slow-start', { type: 'boolean', describe: 'Run its slow_start_command.' })
          .option('reason', reason),
      )
      .command('stop [name]', 'End the run of a job and all that it started.', (c) =>
        c.positional('name', job).option('tag', tag).option('reason', reason),
      )
      .command('pause [name]', 'Keep a job from being started; a run that is under way goes on.', (c) =>
        c
          .positional('name', job)
          .option('tag', { ...tag, describe: 'Every job that has this tag, also later ones.' })
          .option('for', { type: 'string', requiresArg: true, describe: 'For so long: 90s, 30m, 2h.' })
          .option('until', { type: 'string', requiresArg: true, describe: 'Until this time: 2026-11-24T18:00.' })
          .option('reason', reason)
          .option('kill', { type: 'boolean', describe: 'End the run that is under way.' })
          .conflicts('for', 'until'),
      )
      .command('resume [name]', 'End a pause.', (c) => c.positional('name', job).option('tag', tag))
      .command('restart [name]', 'Restart a service, one instance after the other, or one instance: NAME.2.', (c) =>
        c.positional('name', job).option('tag', tag).option('reason', reason).option('json', json),
      )
      .command('reset [name]', 'Try again what has failed or finished.', (c) =>
        c.positional('name', job).option('tag', tag).option('reason', reason).option('json', json),
      )
      .command('snooze [name]', 'Suspend the probes of a service, or of one instance, for a while.', (c) =>
        c
          .positional('name', job)
          .option('tag', tag)
          .option('for', {
            type: 'string',
            requiresArg: true,
            describe: 'For so long: 90s, 30m; snooze_max unless given.',
          })
          .option('json', json),
      )
      .command('history [name]', 'The runs of a job, the latest last.', (c) =>
        c
          .positional('name', job)
          .option('lines', { alias: 'n', type: 'string', requiresArg: true, describe: 'How many runs (20).' })
          .option('json', json),
      )
      .command('logs [name]', 'The log of the latest run.', (c) =>
        c
          .positional('name', job)
          .option('follow', { alias: 'f', type: 'boolean', describe: 'Go on while the run does.' })
          .option('run', { type: 'string', requiresArg: true, describe: 'The log of this run instead.' }),
      )
      .option('config', { type: 'string', requiresArg: true, describe: 'Another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' }),
  );
}
