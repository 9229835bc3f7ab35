/**
 * Commands that people write, carried out twice: by a shell, and as run-job does it, without one.
 * Where both do the same nothing is said; where they differ there is one sentence about it, and the
 * line that it offers does what the shell did.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { splitCommand } from '../../src/job/command.ts';
import { validateJobText } from '../../src/job/load.ts';

const home = mkdtempSync(path.join(tmpdir(), 'commands-'));
after(() => rmSync(home, { recursive: true, force: true }));
mkdirSync(path.join(home, 'srv'));
writeFileSync(path.join(home, 'srv/run'), '#!/bin/sh\necho "run in $(basename "$PWD") FOO=$FOO"\n', { mode: 0o755 });
writeFileSync(path.join(home, 'run'), '#!/bin/sh\necho run at home\n', { mode: 0o755 });
writeFileSync(path.join(home, 'vars'), 'FOO=sourced\nexport FOO\n');
for (const name of ['a.log', 'b.log']) writeFileSync(path.join(home, name), `${name}\n`);

function warnings(command: string): readonly string[] {
  const bytes = new TextEncoder().encode(JSON.stringify({ name: 'a', command }));
  const result = validateJobText({ file: 'job.yaml', bytes }, {});
  assert.ok(result.ok, command);
  return result.warnings.map(({ message }) => message);
}

interface Deed {
  readonly status: number | null;
  readonly output: string;
}

function deed([program, ...rest]: readonly [string, ...string[]]): Deed {
  const env = { HOME: home, PATH: '/usr/bin:/bin', DIR: 'srv' };
  const { status, stdout, error } = spawnSync(program, rest, { cwd: home, env, encoding: 'utf8', input: '' });
  return { status: error === undefined ? status : 127, output: stdout ?? '' };
}

function withoutShell(command: string): Deed {
  const split = splitCommand(command);
  assert.ok(split.ok, command);
  return deed(split.command.words);
}

/** Commands without a warning. */
const alike = [
  'echo hi',
  './run',
  'srv/run',
  'sh ./run',
  'sh srv/run',
  "echo '$HOME'",
  'echo "a  b"',
  'echo a\\ b',
  'echo "it\'s"',
  String.raw`printf '%s\n' x`,
  'date -d 2026-01-01 +%F',
  String.raw`date -d 2026-01-01 +\%F`,
  "date -d 2026-01-01 '+%F %T'",
  'env FOO=1 srv/run',
  'sh -c "echo a | tr a b"',
  "sh -c 'cd srv && ./run'",
  'sh -c "echo $HOME"',
  'bash -c "source vars; srv/run"',
  'nohup ./run',
  'nice -n 5 ./run',
  'timeout 10 ./run',
  'timeout 10 sh -c "cd srv && ./run"',
  'flock -n lock ./run',
  'flock lock -c "cd srv; ./run"',
  String.raw`find . -name a.log -exec echo {} \;`,
  'test -f a.log',
  'test -f missing',
  '[ -d srv ]',
  'echo http://a.example/?b=c',
  `awk 'BEGIN { print 1 > 0 ? "yes" : "no" }'`,
  'false',
];

/** Commands with one warning, which names the shell syntax. */
const different: readonly (readonly [string, RegExp])[] = [
  ['cd srv && ./run', /"cd".*sh -c 'cd srv && \.\/run', or set "working_directory" and begin/],
  ['cd srv; ./run', /"cd".*or set "working_directory" and begin/],
  ['cd "$DIR" && ./run', /"cd".*sh -c 'cd "\$DIR" && \.\/run'/],
  ['cd ~/srv && ./run', /"cd".*sh -c/],
  ['cd srv && ./run | cat', /sh -c 'cd srv && \.\/run \| cat'$/],
  ['cd srv && ./run || echo failed', /sh -c 'cd srv && \.\/run \|\| echo failed'$/],
  ['FOO=1 srv/run', /begin the command with "srv\/run"/],
  ['FOO=1 BAR=2 srv/run', /begin the command with "srv\/run"/],
  ['FOO=1 srv/run && ./run', /sh -c 'FOO=1 srv\/run && \.\/run', or write the variables in "environment"/],
  ['export FOO=1; srv/run', /sh -c 'export FOO=1; srv\/run', or write the variables in "environment"/],
  ['D=srv; cd $D && ./run', /sh -c 'D=srv; cd \$D && \.\/run'$/],
  ['. ./vars && srv/run', /sh -c '\. \.\/vars && srv\/run'$/],
  ['. ./vars; srv/run', /sh -c '\. \.\/vars; srv\/run'$/],
  ['exec ./run', /leave it out/],
  ['exec ./run 2>&1', /sh -c 'exec \.\/run 2>&1'$/],
  ['if true; then ./run; fi', /sh -c 'if true; then \.\/run; fi'$/],
  ['for i in 1 2; do echo $i; done', /sh -c 'for i in 1 2; do echo \$i; done'$/],
  ['set -e; false; ./run', /sh -c 'set -e; false; \.\/run'$/],
  ['umask 077 && ./run', /or set "umask" and begin/],
  ['ulimit -n 99; ./run', /or set "limits" and begin/],
  ['{ ./run; srv/run; }', /sh -c '\{ \.\/run; srv\/run; \}'$/],
  ['! false', /write a script/],
  ['(cd srv; ./run)', /"\(", ";", "\)" stay as they are.*; wrap it/],
  ['echo a | tr a b', /"\|" stays.*; wrap it/],
  ['false || echo b', /"\|" stays.*; wrap it/],
  ['echo a | tr a b > out', /; wrap it/],
  ['echo a > out', /leave the redirection out if it makes a log/],
  ['echo a >/dev/null 2>&1', /leave the redirection out: all output/],
  ['cat < a.log', /"<" stays/],
  ['./run && srv/run', /write a list of commands, which ends at the first that fails/],
  ['./run; srv/run', /write a list of commands, which ends at the first that fails/],
  ['test -f a.log && ./run', /write a list of commands/],
  ['[ -f missing ] || ./run', /; wrap it/],
  ['echo a &', /leave out the "&"/],
  ['nohup ./run >/dev/null 2>&1 &', /leave out the "&" .*leave the redirection out: all/],
  ['echo $HOME', /"\$HOME" stays/],
  ['echo "$HOME"', /"\$HOME" stays/],
  ['echo $(echo x)', /"\$\(", "\(", "\)" stay/],
  ['echo `echo x`', /"`" stays/],
  ['cat *.log', /"\*" stays/],
  ['echo ~', /write the whole path/],
  ['~/run', /write the whole path/],
  ['ls ~/srv', /write the whole path/],
  ['echo a # b', /comment on a line of its own/],
  ['date -d 2026-01-01 "+\\%F"', /write "%"/],
];

for (const command of alike) {
  test(`${command}: the same without a shell, and no warning`, () => {
    assert.deepEqual(warnings(command), []);
    assert.deepEqual(withoutShell(command), deed(['sh', '-c', command]));
  });
}

for (const [command, words] of different) {
  test(`${command}: not the same without a shell, and one warning`, () => {
    const [sentence = '', ...more] = warnings(command);
    assert.match(sentence, words);
    assert.deepEqual(more, []);
    const meant = deed(['sh', '-c', command]);
    const isCrontabs = command.includes('\\%');
    if (!isCrontabs) assert.notDeepEqual(withoutShell(command), meant);
    const offer = /wrap the whole: (sh -c '[^']*')/.exec(sentence)?.[1];
    if (offer !== undefined) assert.deepEqual(withoutShell(offer), meant, offer);
  });
}

test('syntax that only bash knows is suggested with bash', () => {
  for (const command of ['source vars && srv/run', 'pushd srv && ./run', '[[ -f a.log ]] && ./run']) {
    const [sentence = '', ...more] = warnings(command);
    const offer = /wrap the whole: (bash -c '[^']*')/.exec(sentence)?.[1] ?? assert.fail(sentence);
    assert.deepEqual(more, []);
    assert.deepEqual(withoutShell(offer), deed(['bash', '-c', command]));
  }
});

test('the command behind the user of a crontab line is checked too', () => {
  const [user = '', rest = '', ...more] = warnings('root cd srv && ./run');
  assert.match(user, /"root" would be the program.*; leave it out$/);
  assert.match(rest, /wrap the whole: sh -c 'cd srv && \.\/run'/);
  assert.deepEqual(more, []);
});
