/** Compares the environment that a line has under cron with that of the job that it becomes. */
import type { SourceEntry } from './source.ts';

export interface EnvironmentOrder {
  readonly cron: 'debian' | 'cronie';
  /** The user whose line it is, and the home of that user where it is known. */
  readonly user: string;
  readonly home: string | undefined;
  readonly job: {
    readonly user: string;
    readonly home: string;
    readonly searchPath: string;
    readonly locale: string | undefined;
    /** default_job_config has people who hear of failures. */
    readonly tells: boolean;
  };
}

/** A value that differs. `null`: the variable is not set. */
export interface EnvironmentRow {
  readonly name: string;
  readonly cron: string | null;
  readonly job: string | null;
}

/** The rows for one line; a variable that the crontab sets is the same for the job. */
export function environmentRows(
  { settings, user: column }: Pick<SourceEntry, 'settings' | 'user'>,
  { cron, user: owner, home, job }: EnvironmentOrder,
): readonly EnvironmentRow[] {
  const user = column ?? owner;
  const paths = { debian: '/usr/bin:/bin', cronie: '/usr/bin:/bin:/usr/sbin:/sbin' };
  const rows: readonly (readonly [string, string | null, string | null])[] = [
    ['HOME', home ?? `home of ${user}`, job.home],
    ['LOGNAME', user, job.user],
    ['USER', cron === 'cronie' ? user : null, job.user],
    ['PATH', paths[cron], job.searchPath],
    ['LANG', null, job.locale ?? null],
  ];
  const mailTo = settings.get('MAILTO') ?? user;
  const output = mailTo === '' ? 'thrown away' : `mailed to ${mailTo}, whatever the exit code`;
  return [
    ...rows.filter(([name, one, other]) => !settings.has(name) && one !== other),
    ['output', output, jobOutput(job.tells || (settings.get('MAILTO') ?? '') !== '')] as const,
  ].map(([name, one, other]) => ({ name, cron: one, job: other }));
}

function jobOutput(tells: boolean): string {
  const told = tells ? 'failmail sends a mail for each failure' : 'nobody hears of failures without failmail or notify';
  return `a log for each run; ${told}`;
}

export interface UnitEnvironment {
  readonly user: string;
  readonly home: string | undefined;
  /** systemd sets HOME and the name only for a service with User=, and for those of a user. */
  readonly hasUser: boolean;
  readonly variables: ReadonlySet<string>;
  readonly directory: string | undefined;
  readonly job: EnvironmentOrder['job'];
}

/** The rows for a service of systemd. */
export function unitRows(unit: UnitEnvironment): readonly EnvironmentRow[] {
  const { user, home, hasUser, variables, directory, job } = unit;
  const usual = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const rows: readonly (readonly [string, string | null, string | null])[] = [
    ['HOME', hasUser ? (home ?? `home of ${user}`) : null, job.home],
    ['LOGNAME', hasUser ? user : null, job.user],
    ['USER', hasUser ? user : null, job.user],
    ['PATH', usual, job.searchPath],
    ...(directory === undefined ? [['directory', '/', job.home] as const] : []),
    ['output', 'the journal', jobOutput(job.tells)],
  ];
  return rows
    .filter(([name, one, other]) => !variables.has(name) && one !== other)
    .map(([name, one, other]) => ({ name, cron: one, job: other }));
}

/** The rows as a table. */
export function environmentText(rows: readonly EnvironmentRow[], giver: 'cron' | 'systemd' = 'cron'): string {
  const cells = [
    ['', `under ${giver}`, 'as a job'],
    ...rows.map(({ name, cron, job }) => [name, shown(cron), shown(job)]),
  ];
  const width = (at: number) => cells.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0);
  const [first, second] = [width(0), width(1)];
  return cells
    .map(([name = '', one = '', other = '']) => `  ${name.padEnd(first)}  ${one.padEnd(second)}  ${other}\n`)
    .join('');
}

function shown(value: string | null): string {
  return value ?? 'not set';
}
