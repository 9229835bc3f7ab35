/**
 * The option parser of all our programs: strict, in English, without abbreviations. A usage error
 * exits with 64.
 */
import process from 'node:process';
import yargs, { type Argv } from 'yargs';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { nearest } from '../../text/nearest.ts';
import { printable } from '../../text/printable.ts';
import { version } from '../frame/version.ts';

export type CommandLine<T> =
  | { readonly is: 'asked'; readonly options: T; readonly words: readonly string[] }
  /** Help, version, or what is wrong: the program has nothing else to do. */
  | { readonly is: 'answered'; readonly exitCode: 0 | typeof exitCodes.usage; readonly text: string };

/**
 * `describe` adds the options of one program to `--help` and `--version`. Words that are no
 * options, and what follows `--`, are refused unless `demandCommand` allows some: of a list of
 * positional arguments yargs keeps only the last one.
 */
export function parseCommandLine<T>(
  program: string,
  args: readonly string[],
  describe: (empty: Argv) => Argv<T>,
): CommandLine<T> {
  const parser = describe(bare(program));
  const misused = valueOfFlag(parser, args);
  if (misused !== undefined) return usageError(program, misused);
  let text = '';
  try {
    // With a callback yargs hands over the help instead of printing it.
    const options = parser.parseSync([...args], {}, (_error, _options, output) => {
      text = output;
    });
    if (text !== '') return { is: 'answered', exitCode: 0, text: `${indented(text, program)}\n` };
    return { is: 'asked', options: options as T, words: options._.map(String) };
  } catch (error) {
    // yargs throws here only because of the arguments: the parser was built before.
    return usageError(program, withGuess((error as Error).message, parser));
  }
}

/** yargs drops the spaces in front of the further lines of a usage. */
function indented(help: string, program: string): string {
  return help.replace(/^Usage: .+(?:\n.+)*/, (usage) => usage.replaceAll(`\n${program} `, `\n       ${program} `));
}

/** Options of other programs, and those of ours that do the same. */
const otherOptions: Readonly<Record<string, readonly string[]>> = {
  'dry-run': ['rehearse', 'check'],
  n: ['rehearse', 'check', 'lines'],
  noop: ['check'],
  list: ['list-jobs'],
  ls: ['list-jobs'],
  kill: ['kill-job'],
  stop: ['kill-job'],
  run: ['job'],
  name: ['job', 'jobs'],
  label: ['tag'],
  tags: ['tag'],
  group: ['tag'],
  duration: ['for'],
  time: ['until', 'at'],
  since: ['at'],
  message: ['reason'],
  comment: ['reason'],
  tail: ['follow'],
  limit: ['lines', 'count'],
  format: ['json'],
  j: ['json'],
  o: ['output', 'json'],
  force: ['adopt', 'kill'],
  overwrite: ['adopt'],
  lint: ['validate'],
  test: ['validate', 'rehearse'],
  file: ['validate', 'config'],
  c: ['config'],
  conf: ['config'],
  verbose: ['debug'],
  v: ['version', 'debug'],
};

function withGuess(message: string, parser: Argv): string {
  const unknown = /^Unknown arguments?: ([^,\s]+)/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const { key } = (parser as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } }).getOptions();
  const known = Object.keys(key).filter((name) => name.length > 1);
  const others = Object.hasOwn(otherOptions, unknown) ? (otherOptions[unknown] ?? []) : [];
  const guess = others.find((name) => known.includes(name)) ?? nearest(unknown, known);
  return guess === undefined ? message : `${message}; did you mean --${guess}?`;
}

/** EX_USAGE of sysexits.h. Also for what a program itself finds wrong with its options. */
export function usageError(program: string, message: string): Extract<CommandLine<never>, { is: 'answered' }> {
  return {
    is: 'answered',
    exitCode: exitCodes.usage,
    text: `${program}: ${printable(message)}\nTry '${program} --help'.\n`,
  };
}

/**
 * Refuses a value for a flag. yargs takes `--check=no` and `--check false` as "not --check", so
 * cron-generate would write what it should only look at.
 */
function valueOfFlag(parser: Argv, args: readonly string[]): string | undefined {
  const { boolean: flags } = (parser as unknown as { getOptions(): { boolean: readonly string[] } }).getOptions();
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  for (const [index, option] of options.entries()) {
    const [, name = '', value] = /^--?([^=]+)(=.*)?$/.exec(option) ?? [];
    if (!flags.includes(name)) continue;
    if (value !== undefined || /^(?:true|false)$/.test(options[index + 1] ?? '')) return `--${name} takes no value`;
  }
  return undefined;
}

function bare(program: string): Argv {
  return yargs()
    .scriptName(program)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .locale('en')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail(false)
    .strictOptions()
    .demandCommand(0, 0, '', 'takes no arguments, only options')
    .help('help', 'Show this help.')
    .alias('help', 'h')
    .version('version', 'Show the version.', `${program} ${version}`)
    .alias('version', 'V')
    .wrap(helpColumns());
}

/**
 * The width of the terminal, at most 100 because longer lines are hard to read. Without a terminal
 * COLUMNS, or 80.
 */
function helpColumns(): number {
  const columns = process.stdout.columns ?? process.stderr.columns ?? Number(process.env.COLUMNS ?? 80);
  return Math.min(100, Math.max(40, Number.isInteger(columns) ? columns : 80));
}

/** Folds long lines of an epilogue below their last column; yargs would go on at the margin. */
export function folded(epilogue: string): string {
  return epilogue
    .split('\n')
    .map((line) => foldLine(line, helpColumns()))
    .join('\n');
}

function foldLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const indent = (/^ +\S+ {2,}/.exec(line) ?? /^ */.exec(line))?.[0].length ?? 0;
  const at = line.lastIndexOf(' ', columns);
  if (at <= indent) return line;
  return `${line.slice(0, at).trimEnd()}\n${foldLine(' '.repeat(indent) + line.slice(at + 1), columns)}`;
}
