/** The keys and commands of a job that does what a service of systemd did, and what differs. */
import { shellWord } from '../../../text/shell-word.ts';
import { scalar, sudoRight } from '../job-text.ts';
import { checkOf } from './checks.ts';
import { type ExecCommand, execCommands } from './exec.ts';
import { keysOfLimits, keysOfPriority } from './resources.ts';
import { expand, type UnitName } from './specifiers.ts';
import { spanSeconds, spanText } from './time-span.ts';
import { type Assignment, isTrue, lastOf, listOf, type UnitProblem } from './unit-file.ts';
import { unknownKeys } from './unknown-keys.ts';
import { type ReadEnvironment, variablesOf } from './variables.ts';

export interface ServiceOrder {
  readonly unit: UnitName;
  readonly serviceUser: string;
  readonly readEnvironment: ReadEnvironment;
}

export interface ServiceDraft {
  /** The name for people, from Description=. */
  readonly title: string | undefined;
  readonly user: string;
  readonly commands: readonly (readonly string[])[];
  /** Lines of the job file. */
  readonly keys: readonly string[];
  readonly notes: readonly string[];
  readonly checks: readonly UnitProblem[];
  /** Lines without which there is no job. */
  readonly problems: readonly UnitProblem[];
  /** The job file has values that only some may read. */
  readonly isPrivate: boolean;
  readonly directory: string | undefined;
  /** The names of the variables that the job has, too. */
  readonly variables: ReadonlySet<string>;
  /** The service has User=. */
  readonly hasUser: boolean;
}

export function serviceDraft(all: readonly Assignment[], order: ServiceOrder): ServiceDraft {
  const { unit } = order;
  const at = (key: string) => lastOf(all, 'Service', key);
  const variables = variablesOf(all, order.unit, order.readEnvironment);
  const user = plain(at('User'), unit) ?? unit.manager.name;
  const started = commandsOf(all, { unit, variables: variables.values });
  const priority = keysOfPriority(at);
  const runs = { user, serviceUser: order.serviceUser, prefix: priority.words };
  const needsSudo = started.commands.some((command) => userOf(command, runs) !== order.serviceUser);
  const directory = directoryOf(at('WorkingDirectory'), unit);
  const places = directory.key === undefined ? [] : [`working_directory: ${scalar(directory.key)}`];
  const parts: readonly DraftPart[] = [
    variables,
    started,
    priority,
    { checks: directory.checks },
    keysOfTime(all, started.commands.length),
    keysOfOutcome(all),
    keysOfRights(at, needsSudo),
    keysOfLimits(all),
    ...(needsSudo
      ? [{ checks: otherUsers(at('User') ?? at('ExecStart'), runs, started.commands, variables.values) }]
      : []),
    { checks: unknownKeys(all, unit) },
  ];
  const title = lastOf(all, 'Unit', 'Description');
  return {
    title: title === undefined ? undefined : plain(title, unit),
    user,
    commands: started.commands.map((command) => wordsOf(command, runs)),
    keys: [...places, ...parts.flatMap(({ keys = [] }) => keys)],
    notes: parts.flatMap(({ notes = [] }) => notes),
    checks: parts.flatMap(({ checks }) => checks),
    problems: started.problems,
    isPrivate: variables.isPrivate,
    directory: directory.key,
    variables: new Set(variables.values.keys()),
    hasUser: at('User') !== undefined,
  };
}

interface DraftPart {
  readonly keys?: readonly string[];
  readonly notes?: readonly string[];
  readonly checks: readonly UnitProblem[];
}

function plain(assignment: Assignment | undefined, unit: UnitName): string | undefined {
  if (assignment === undefined) return undefined;
  const read = expand(assignment.value, unit);
  return read.ok ? read.text : assignment.value;
}

interface Runs {
  readonly user: string;
  readonly serviceUser: string;
  /** ionice and the like. */
  readonly prefix: readonly string[];
}

function userOf({ isPrivileged }: ExecCommand, { user }: Runs): string {
  return isPrivileged ? 'root' : user;
}

function wordsOf(command: ExecCommand, runs: Runs): readonly string[] {
  const user = userOf(command, runs);
  const sudo = user === runs.serviceUser ? [] : ['sudo', '-n', '-u', user, '--'];
  const whole = [...runs.prefix, ...sudo, ...command.words];
  return command.ignoresFailure ? ['/bin/sh', '-c', '"$@" || true', 'sh', ...whole] : whole;
}

interface Commands {
  readonly commands: readonly ExecCommand[];
  readonly checks: readonly UnitProblem[];
  readonly notes: readonly string[];
  readonly problems: readonly UnitProblem[];
}

function commandsOf(all: readonly Assignment[], world: Parameters<typeof execCommands>[1]): Commands {
  const isOneshot = lastOf(all, 'Service', 'Type')?.value === 'oneshot';
  const commands: ExecCommand[] = [];
  const checks: UnitProblem[] = [];
  const problems: UnitProblem[] = [];
  for (const key of ['ExecStartPre', 'ExecStart', 'ExecStartPost']) {
    const lines = listOf(all, 'Service', key);
    if (key === 'ExecStartPost' && !isOneshot) {
      for (const one of lines)
        checks.push(checkOf(one, 'it ran beside ExecStart; the job leaves it out. Is it needed?'));
      continue;
    }
    for (const one of lines) {
      const read = execCommands(one.value, world);
      if (typeof read === 'string') problems.push(checkOf(one, read));
      else {
        for (const command of read) {
          commands.push(command);
          for (const words of command.checks) checks.push(checkOf(one, words));
        }
      }
    }
  }
  if (listOf(all, 'Service', 'ExecStart').length === 0) {
    problems.push({ ...placeOf(all), message: 'the service has no ExecStart=, so there is nothing to run' });
  }
  const notes = commands.some(({ ignoresFailure }) => ignoresFailure)
    ? ['|| true: a failure of this command counts as success, as the - in front of it says in the unit.']
    : [];
  return { commands, checks, notes, problems };
}

function placeOf(all: readonly Assignment[]): { readonly file: string; readonly line: number } {
  return { file: all[0]?.file ?? 'service', line: all[0]?.line ?? 1 };
}

interface Part {
  readonly keys: readonly string[];
  readonly checks: readonly UnitProblem[];
}

function directoryOf(assignment: Assignment | undefined, unit: UnitName) {
  if (assignment === undefined) return { key: undefined, checks: [] };
  const text = (plain(assignment, unit) ?? '').replace(/^-/, '');
  if (text.startsWith('/')) return { key: text, checks: [] };
  return { key: undefined, checks: [checkOf(assignment, 'where is the command to start?')] };
}

/** timeout and kill_grace. */
function keysOfTime(all: readonly Assignment[], count: number): Part {
  const at = (...keys: readonly string[]) => listOf(all, 'Service', ...keys).at(-1);
  const isOneshot = lastOf(all, 'Service', 'Type')?.value === 'oneshot';
  const limit = isOneshot ? at('TimeoutStartSec', 'TimeoutSec') : at('RuntimeMaxSec');
  const stop = at('TimeoutStopSec', 'TimeoutSec');
  const seconds = limit === undefined ? 0 : spanSeconds(limit.value);
  const grace = stop === undefined ? undefined : spanSeconds(stop.value);
  const checks = [
    ...(limit !== undefined && seconds === undefined ? [checkOf(limit, 'it is no time span')] : []),
    ...(stop !== undefined && grace === undefined ? [checkOf(stop, 'it is no time span')] : []),
    ...(grace === Number.POSITIVE_INFINITY && stop !== undefined
      ? [checkOf(stop, 'run-job always ends with KILL, after kill_grace. How long may it take to end?')]
      : []),
    ...(limit !== undefined && isLimit(seconds) && count > 1
      ? [checkOf(limit, 'it holds for each command, timeout for all of them together. How long may they take?')]
      : []),
  ];
  const keys = isLimit(seconds) ? [`timeout: ${spanText(seconds)}`] : [];
  // systemd waits 90 s between TERM and KILL unless a unit says otherwise.
  if (isLimit(grace)) keys.push(`kill_grace: ${spanText(grace)}`);
  else if (keys.length > 0 && grace === undefined) keys.push('kill_grace: 90s');
  return { keys, checks };
}

function isLimit(seconds: number | undefined): seconds is number {
  return seconds !== undefined && seconds > 0 && seconds !== Number.POSITIVE_INFINITY;
}

const exitNames: Readonly<Record<string, number>> = {
  ...{ SUCCESS: 0, FAILURE: 1, INVALIDARGUMENT: 2, NOTIMPLEMENTED: 3, NOPERMISSION: 4, NOTINSTALLED: 5 },
  ...{ NOTCONFIGURED: 6, NOTRUNNING: 7, USAGE: 64, DATAERR: 65, NOINPUT: 66, NOUSER: 67, NOHOST: 68 },
  ...{ UNAVAILABLE: 69, SOFTWARE: 70, OSERR: 71, OSFILE: 72, CANTCREAT: 73, IOERR: 74, TEMPFAIL: 75 },
  ...{ PROTOCOL: 76, NOPERM: 77, CONFIG: 78 },
};

function keysOfOutcome(all: readonly Assignment[]): Part {
  const codes = new Set<number>();
  const checks: UnitProblem[] = [];
  for (const one of listOf(all, 'Service', 'SuccessExitStatus')) {
    for (const word of one.value.split(/[ \t]+/)) {
      const code = /^\d{1,3}$/.test(word) ? Number(word) : Object.hasOwn(exitNames, word) ? exitNames[word] : undefined;
      if (code === undefined || code > 255)
        checks.push(checkOf(one, `an end by ${word} is a failure of a job. Does it end so?`));
      else codes.add(code);
    }
  }
  const list = [0, ...codes].filter((code, index, whole) => whole.indexOf(code) === index).sort((a, b) => a - b);
  return { keys: list.length > 1 ? [`success_exit_codes: [${list.join(', ')}]`] : [], checks };
}

/** umask, private_tmp, no_new_privileges. */
function keysOfRights(at: (key: string) => Assignment | undefined, needsSudo: boolean): Part {
  const umask = at('UMask')
    ?.value.replace(/^0+(?=[0-7]{3}$)/, '')
    .padStart(3, '0');
  const keys = umask === undefined || umask === '022' ? [] : [`umask: ${umask}`];
  const checks: UnitProblem[] = [];
  for (const [name, key] of [
    ['PrivateTmp', 'private_tmp'],
    ['NoNewPrivileges', 'no_new_privileges'],
  ] as const) {
    const one = at(name);
    if (one === undefined || !(isTrue(one.value) || one.value === 'disconnected')) continue;
    if (needsSudo)
      checks.push(checkOf(one, `sudo does not work with ${key}. As the service user itself the job can have it.`));
    else keys.push(`${key}: true`);
  }
  return { keys, checks };
}

function otherUsers(
  place: Assignment | undefined,
  runs: Runs,
  commands: readonly ExecCommand[],
  variables: ReadonlyMap<string, string>,
): readonly UnitProblem[] {
  const lost = variables.size === 0 ? '' : ` sudo does not pass ${[...variables.keys()].join(', ')} on.`;
  const users = [...new Set(commands.map((command) => userOf(command, runs)))].filter(
    (user) => user !== runs.serviceUser,
  );
  return users.map((user) => {
    const own = commands.filter((command) => userOf(command, runs) === user);
    const rights = [...new Set(own.map(({ words }) => sudoRight({ user, serviceUser: runs.serviceUser }, words)))];
    const what = own.length === commands.length ? 'it' : own.map(({ words }) => words[0]).join(', ');
    const message = `systemd ran ${what} as ${user}. May the service user do so? It needs ${rights.join('; ')}.${lost}`;
    return { file: place?.file ?? 'service', line: place?.line ?? 1, message };
  });
}

/** A command line of a job file that has these words. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
