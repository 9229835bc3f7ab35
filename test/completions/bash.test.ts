import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');
const home = mkdtempSync(path.join(tmpdir(), 'completion-'));
const jobs = path.join(home, 'jobs');
const config = path.join(home, 'process-control.yaml');
after(() => rmSync(home, { recursive: true }));

mkdirSync(jobs);
writeFileSync(config, `user: nobody\njob_directory: "${jobs}" # where the jobs are\n`);
const jobFiles = {
  'backup.yaml': 'name: x\ntags: [database, "night ly", backup] # two that count\n',
  'backup-old.yaml': 'name: x\ntag: archive\n',
  'report.v2.yaml': 'name: x\ntags:\n  - database\n  - report # weekly\n- mail\ncommand: /bin/true\n- not-a-tag\n',
  'hostile.yaml': `name: x\ntags: ["$(touch ${home}/owned)", "\`touch ${home}/owned\`", ";reboot"]\n`,
  '$(touch owned).yaml': 'name: x\n',
  'report.yaml2026-11-22': 'name: x\ntag: left-by-puppet\n',
};
for (const [name, text] of Object.entries(jobFiles)) writeFileSync(path.join(jobs, name), text);

/** What bash would offer for the last word, in the words that bash itself makes of a line (`=` stands alone). */
function complete(...words: readonly string[]): readonly string[] {
  const script = `source ${root}/completions/run-job
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    read -ra how < <(complete -p "$1") && "\${how[2]}"
    [ "\${#COMPREPLY[@]}" = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = spawnSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    encoding: 'utf8',
    cwd: home,
    env: { PATH: '/usr/bin:/bin', HOME: home, PROCESS_CONTROL_CONFIG: config },
  });
  assert.equal(bash.stderr, '');
  return bash.stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

test('a job is completed wherever a job can stand', () => {
  for (const line of [
    ['run-job', 'back'],
    ['run-job', '--job', 'back'],
    ['run-job', '-j', 'back'],
    ['run-job', '--job', '=', 'back'],
    ['run-job', '-k', 'back'],
    ['jobctl', 'start', 'back'],
    ['jobctl', 'logs', 'back'],
    ['check-jobs-icinga', '-j', 'back'],
  ]) {
    assert.deepEqual(complete(...line), ['backup', 'backup-old'], line.join(' '));
  }
  assert.deepEqual(complete('run-job', '--job', '=').length, 4);
});

test('only what can be a job is offered: no left-over of configuration management, no name that means something to a shell', () => {
  assert.deepEqual(complete('run-job', ''), ['backup', 'backup-old', 'hostile', 'report.v2']);
});

test('tags come from all three ways to write them, and nothing in them is run', () => {
  assert.deepEqual(complete('run-job', '--tag', ''), ['archive', 'backup', 'database', 'mail', 'report']);
  assert.deepEqual(complete('jobctl', 'status', '--tag', 'd'), ['database']);
  assert.equal(readdirSync(home).includes('owned'), false);
});

test('a configuration named on the line is the one that is read', () => {
  const other = path.join(home, 'other');
  mkdirSync(other);
  writeFileSync(path.join(other, 'one.yaml'), '');
  writeFileSync(path.join(home, 'other.yaml'), `job_directory: ${other}\n`);
  assert.deepEqual(complete('run-job', '--config', path.join(home, 'other.yaml'), '--job', ''), ['one']);
  assert.deepEqual(complete('run-job', '--config', '=', path.join(home, 'other.yaml'), '--job', ''), ['one']);
});

test('jobctl offers its commands first, then the flags of the command', () => {
  assert.deepEqual(complete('jobctl', 'p'), ['pause']);
  assert.ok(complete('jobctl', 'pause', '--').includes('--reason'));
  assert.ok(!complete('jobctl', 'history', '--').includes('--reason'));
});

test('files are offered where files are wanted', () => {
  assert.deepEqual(complete('cron-generate', '--validate', `${jobs}/backup.y`), [`${jobs}/backup.yaml`]);
  assert.deepEqual(complete('cron-generate', '--validate', 'x', `${jobs}/backup.y`), [`${jobs}/backup.yaml`]);
  assert.deepEqual(complete('cron-generate', 'back'), []);
});

test('no word that was read is expanded', () => {
  assert.doesNotMatch(readFileSync(path.join(root, 'completions/run-job'), 'utf8'), /^(?!#).*compgen -W/m);
});

test('each program completes exactly the flags that its help describes', () => {
  const lines = [['run-job'], ['cron-generate'], ['check-jobs-icinga'], ['process-control-web'], ['jobctl']];
  const commands = complete('jobctl', '').map((command) => ['jobctl', command]);
  for (const [program = '', ...command] of [...lines, ...commands]) {
    const help = execFileSync(path.join(root, 'bin', program), [...command, '--help'], { encoding: 'utf8' });
    const described = [...help.matchAll(/^ {2,6}(?:-\w, )?(--[a-z][a-z-]+)/gm)].map(([, flag]) => flag);
    assert.deepEqual(
      complete(program, ...command, '--'),
      [...new Set(described)].sort(),
      [program, ...command].join(' '),
    );
  }
});
