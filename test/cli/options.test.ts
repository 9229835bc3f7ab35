import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type CommandLine, parseCommandLine } from '../../src/cli/on-demand/options.ts';

function parse(...args: string[]): CommandLine<Record<string, unknown>> {
  return parseCommandLine<Record<string, unknown>>('tool', args, (empty) =>
    empty
      .demandCommand(0, 3, '', 'Three names at most.')
      .option('check', { type: 'boolean', conflicts: ['diff'], describe: 'Only look.' })
      .option('diff', { type: 'boolean', alias: 'd', describe: 'Show.' })
      .option('list-jobs', { type: 'boolean', describe: 'List.' })
      .option('config', { type: 'string', requiresArg: true, describe: 'A file.' }),
  );
}

/** [arguments, what must be among the options, the words that are no options] */
const good: readonly (readonly [readonly string[], object, readonly string[]])[] = [
  [[], {}, []],
  [['--check'], { check: true }, []],
  [['-d', 'a', '-', '--list-jobs'], { diff: true, 'list-jobs': true }, ['a', '-']],
  [['--config', '-'], { config: '-' }, []],
  [['--config=-x'], { config: '-x' }, []],
  [['--config', '010'], { config: '010' }, []],
  [['--config', 'a', '--config', 'b'], { config: 'b' }, []],
  [['--check', '--', '--diff', 'false'], { check: true }, ['--diff', 'false']],
  [['010', '1e3', 'true'], {}, ['010', '1e3', 'true']],
];

for (const [args, options, words] of good) {
  test(`tool ${args.join(' ')} is understood`, () => {
    const line = parse(...args);
    if (line.is !== 'asked') assert.fail(line.text);
    assert.deepEqual(line.words, words);
    for (const [key, value] of Object.entries(options)) assert.deepEqual(line.options[key], value, key);
  });
}

/** [arguments, the complaint] */
const bad: readonly (readonly [readonly string[], RegExp])[] = [
  [['--chek'], /Unknown argument: chek; did you mean --check\?/],
  [['--dry-run'], /Unknown argument: dry-run; did you mean --check\?/],
  [['--list'], /Unknown argument: list; did you mean --list-jobs\?/],
  [['--nothing-like-it'], /Unknown argument: nothing-like-it\n/],
  [['-x'], /Unknown argument: x/],
  [['--listJobs'], /Unknown argument: listJobs/],
  [['--no-check'], /Unknown argument: no-check/],
  [['--check', '--diff'], /mutually exclusive/],
  [['--check=false'], /--check takes no value/],
  [['--check', 'false'], /--check takes no value/],
  [['-d=x'], /--d takes no value/],
  [['--config'], /Not enough arguments following: config/],
  [['--config', '--check'], /Not enough arguments following: config/],
  [['--config.a=1'], /Unknown argument/],
  [['a', 'b', 'c', 'd'], /Three names at most/],
];

for (const [args, complaint] of bad) {
  test(`tool ${args.join(' ')} is a usage error in English, in two lines and without a stack`, () => {
    const line = parse(...args);
    assert.ok(line.is === 'answered');
    assert.equal(line.exitCode, 64);
    assert.match(line.text, complaint);
    assert.match(line.text, /^tool: .*\nTry 'tool --help'\.\n$/);
  });
}

test('help and version are answered, with code 0', () => {
  const help = parse('--help', '--check');
  assert.ok(help.is === 'answered' && help.exitCode === 0);
  assert.match(help.text, /--config {2,}A file\./);
  const version = parse('-V');
  assert.ok(version.is === 'answered' && version.exitCode === 0);
  assert.match(version.text, /^tool \S+/);
});

const bin = path.resolve(import.meta.dirname, '../../../bin');

for (const columns of [40, 60, 80, 100, 200]) {
  test(`every help fits a terminal of ${columns} columns, and no line is longer than 100`, () => {
    const commands = ['start', 'pause', 'next', 'status'].map((command) => ['jobctl', command]);
    for (const words of [...readdirSync(bin).map((program) => [program]), ...commands]) {
      const [program = '', ...args] = words;
      const env = { PATH: '/usr/bin:/bin', COLUMNS: String(columns) };
      const help = spawnSync(path.join(bin, program), [...args, '--help'], { encoding: 'utf8', env }).stdout;
      assert.match(help, /--help/, words.join(' '));
      const long = help.split('\n').filter((line) => line.length > Math.min(columns, 100) && / /.test(line.trim()));
      assert.deepEqual(
        long.filter((line) => !/^(?:Usage:| {7}\S)/.test(line)),
        [],
        words.join(' '),
      );
    }
  });
}

test('the width is that of the terminal, whatever COLUMNS says', () => {
  const script = `stty cols 70; COLUMNS=100 ${path.join(bin, 'jobctl')} --help`;
  const { stdout } = spawnSync('script', ['-qec', script, '/dev/null'], { encoding: 'utf8' });
  const lengths = stdout.split(/\r?\n/).map((line) => line.length);
  assert.ok(Math.max(...lengths) <= 70 && Math.max(...lengths) > 60, String(Math.max(...lengths)));
});

test('an exit code whose meaning is folded goes on below its meaning', () => {
  const env = { PATH: '/usr/bin:/bin', COLUMNS: '60' };
  const help = spawnSync(path.join(bin, 'cron-generate'), ['--help'], { encoding: 'utf8', env }).stdout;
  assert.match(help, /\n {2}1 {3}a job has problems: [^\n]*\n {6}\S/);
});

test('help shows which commands need a name', () => {
  const env = { PATH: '/usr/bin:/bin' };
  const help = spawnSync(path.join(bin, 'jobctl'), ['--help'], { encoding: 'utf8', env }).stdout;
  assert.match(help, /^ {2}jobctl start <name> /m);
  assert.match(help, /^ {2}jobctl status \[name\] /m);
});

for (const [command, advice] of [
  ['ls', /jobctl status/],
  ['run', /jobctl start NAME/],
  ['exec', /jobctl start NAME/],
  ['trigger', /jobctl start NAME/],
  ['log', /jobctl logs NAME/],
  ['tail', /jobctl logs NAME --follow/],
  ['enable', /jobctl resume NAME/],
  ['disable', /jobctl pause NAME/],
  ['edit', /NAME\.yaml/],
  ['show', /jobctl status NAME/],
  ['info', /jobctl status NAME/],
  ['ps', /jobctl status/],
  ['kill', /jobctl stop NAME/],
  ['reload', /sudo cron-generate/],
  ['staus', /did you mean jobctl status\?/],
  ['histroy', /did you mean jobctl history\?/],
] as const) {
  test(`jobctl ${command} is answered with what does the same, whatever follows it`, () => {
    for (const more of [[], ['hello'], ['hello', '--all', '-x']]) {
      const { status, stderr } = spawnSync(path.join(bin, 'jobctl'), [command, ...more], { encoding: 'utf8' });
      assert.equal(status, 64);
      assert.match(stderr, new RegExp(`^jobctl: there is no command "${command}"; `));
      assert.match(stderr, advice);
    }
  });
}

test('an option of a command that is not there is answered by likeness, and jobctl list is jobctl status', () => {
  const run = (...args: readonly string[]) => spawnSync(path.join(bin, 'jobctl'), args, { encoding: 'utf8' });
  assert.match(run('pause', 'hello', '--duration', '2h').stderr, /Unknown argument: duration; did you mean --for\?/);
  assert.match(run('history', 'hello', '--line', '3').stderr, /did you mean --lines\?/);
  assert.deepEqual([run('list').stdout, run('list').status], [run('status').stdout, run('status').status]);
});
