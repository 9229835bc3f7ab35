/** Reads ExecStart= and its kin: prefixes, words, variables (systemd.service(5), COMMAND LINES). */
import { expand, type UnitName } from './specifiers.ts';
import { quotedWords, unitWords } from './words.ts';

export interface ExecCommand {
  readonly words: readonly [string, ...string[]];
  /** `-`: a failure of this command counts as success. */
  readonly ignoresFailure: boolean;
  /** `+` or `!`: it has the rights of root, whatever User= says. */
  readonly isPrivileged: boolean;
  /** The decisions that this command leaves. */
  readonly checks: readonly string[];
}

export interface ExecWorld {
  readonly unit: UnitName;
  /** The variables of the unit. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The commands of one line, or why they can't be read. */
export function execCommands(value: string, world: ExecWorld): readonly ExecCommand[] | string {
  const words = quotedWords(value);
  if (words === undefined) return 'it has a quote that is never closed';
  const commands: string[][] = [[]];
  for (const { text, isQuoted } of words) {
    if (text === ';' && !isQuoted) commands.push([]);
    else commands.at(-1)?.push(text === '\\;' ? ';' : text);
  }
  const read = commands.filter((one) => one.length > 0).map((one) => commandOf(one, world));
  const problem = read.find((one) => typeof one === 'string');
  if (typeof problem === 'string') return problem;
  return read.length === 0 ? 'it has no command' : (read as readonly ExecCommand[]);
}

function commandOf([first = '', ...rest]: readonly string[], { unit, variables }: ExecWorld): ExecCommand | string {
  const [prefixes = ''] = /^[-@:+!|]*/.exec(first) ?? [];
  if (prefixes.includes('|')) return 'the prefix | starts the shell of the user: write that shell into the command';
  const expanded = [first.slice(prefixes.length), ...rest].map((word) => expand(word, unit));
  const unknown = expanded.find((one) => !one.ok);
  if (unknown !== undefined && !unknown.ok) return `${unknown.specifier} has no value here: write what it stands for`;
  const [program = '', ...more] = expanded.map((one) => (one.ok ? one.text : ''));
  if (program === '') return 'it has no program';
  const checks: string[] = [];
  const [called, args] = prefixes.includes('@') ? [more[0], more.slice(1)] : [undefined, more];
  if (called !== undefined && called !== program && called !== program.slice(program.lastIndexOf('/') + 1))
    checks.push(`@ starts the program under the name "${called}", which a job can't do. Does it look at its name?`);
  const words = prefixes.includes(':') ? args : args.flatMap((word) => withVariables(word, variables, checks));
  return {
    words: [program, ...words],
    ignoresFailure: prefixes.includes('-'),
    isPrivileged: /[+!]/.test(prefixes),
    checks,
  };
}

/** systemd puts variables in by itself: `$NAME` as words, `${NAME}` within a word, `$$` is `$`. */
function withVariables(word: string, variables: ReadonlyMap<string, string>, checks: string[]): readonly string[] {
  const whole = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
  if (whole !== undefined) return unitWords(variableOf(whole, variables, checks, word)) ?? [word];
  const text = word.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (written, name: string | undefined) =>
    name === undefined ? '$' : variableOf(name, variables, checks, written),
  );
  return [text];
}

/** Variables that systemd or the user database give at each start. */
const given =
  /^(?:PATH|LANG|LC_\w+|HOME|USER|LOGNAME|SHELL|INVOCATION_ID|MAINPID|SERVICE_RESULT|EXIT_\w+|\w+_DIRECTORY|TRIGGER_\w+|MONITOR_\w+)$/;

function variableOf(name: string, variables: ReadonlyMap<string, string>, checks: string[], written: string): string {
  const value = variables.get(name);
  if (value !== undefined) return value;
  if (!given.test(name)) return '';
  const check = `systemd puts the value of ${name} into the command. Which value is meant by ${written}?`;
  if (!checks.includes(check)) checks.push(check);
  return written;
}
