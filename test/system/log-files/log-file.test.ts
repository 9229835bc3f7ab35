import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { createLogFile } from '../../../src/system/log-files/log-file.ts';
import { scratch, startedMs } from '../run-log/capturing.ts';

function create(t: TestContext, directory: string) {
  const answer = createLogFile({ directory, slug: 'backup', startedMs });
  if (answer.is === 'open') t.after(() => closeSync(answer.fd));
  return answer;
}

function created(t: TestContext, directory: string) {
  const answer = create(t, directory);
  assert.ok(answer.is === 'open', JSON.stringify(answer));
  return answer;
}

test('a log is named after the job and its start in UTC; further ones of the same second get numbers', (t) => {
  const directory = scratch(t);
  const names = [1, 2, 3].map(() => path.relative(directory, created(t, directory).path));
  assert.deepEqual(names, [
    'backup/backup-20261122-103000.log',
    'backup/backup-20261122-103000-2.log',
    'backup/backup-20261122-103000-3.log',
  ]);
  assert.equal(readlinkSync(path.join(directory, 'backup/latest.log')), 'backup-20261122-103000-3.log');
  assert.equal(readdirSync(path.join(directory, 'backup')).length, 4, 'nothing else is left behind');
});

test('missing directories are made with their group set on what is in them, whatever the umask', (t) => {
  const directory = path.join(scratch(t), 'var/log');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const { path: file } = created(t, directory);
  assert.equal(statSync(directory).mode & 0o7777, 0o2750);
  assert.equal(statSync(path.dirname(file)).mode & 0o7777, 0o2750);
  assert.equal(statSync(file).mode & 0o7777, 0o640);
});

test('an existing directory keeps its mode', (t) => {
  const directory = scratch(t);
  mkdirSync(path.join(directory, 'backup'), { mode: 0o700 });
  created(t, directory);
  assert.equal(statSync(path.join(directory, 'backup')).mode & 0o7777, 0o700);
});

test('a latest.log that points elsewhere is replaced, and what it pointed to is left alone', (t) => {
  const directory = scratch(t);
  const victim = path.join(directory, 'victim');
  writeFileSync(victim, 'precious');
  mkdirSync(path.join(directory, 'backup'));
  const latest = path.join(directory, 'backup/latest.log');
  symlinkSync(victim, latest);
  const { path: file } = created(t, directory);
  assert.equal(readlinkSync(latest), path.basename(file));
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('a latest.log that is a directory, even a link to one, costs at most the link, never the run', (t) => {
  const directory = scratch(t);
  mkdirSync(path.join(directory, 'backup/latest.log'), { recursive: true });
  const answer = created(t, directory);
  assert.match(answer.linkProblem ?? '', /directory/);
  assert.ok(lstatSync(path.join(directory, 'backup/latest.log')).isDirectory());
  assert.deepEqual(readdirSync(path.join(directory, 'backup')).sort(), [path.basename(answer.path), 'latest.log']);

  const other = scratch(t);
  mkdirSync(path.join(other, 'elsewhere'));
  mkdirSync(path.join(other, 'backup'));
  symlinkSync('../elsewhere', path.join(other, 'backup/latest.log'));
  assert.equal(created(t, other).linkProblem, undefined);
  assert.deepEqual(readdirSync(path.join(other, 'elsewhere')), []);
});

test('an existing file with the name of the log is not written to', (t) => {
  const directory = scratch(t);
  mkdirSync(path.join(directory, 'backup'));
  const victim = path.join(directory, 'victim');
  symlinkSync(victim, path.join(directory, 'backup/backup-20261122-103000.log'));
  assert.equal(path.basename(created(t, directory).path), 'backup-20261122-103000-2.log');
  assert.equal(existsSync(victim), false);
});

test("a log that can't be created names the stage and the reason", (t) => {
  const directory = scratch(t);
  writeFileSync(path.join(directory, 'backup'), '');
  assert.deepEqual(create(t, directory), {
    is: 'failed',
    stage: 'creating the log file',
    reason: `ENOTDIR: not a directory, open '${directory}/backup/backup-20261122-103000.log'`,
  });
  assert.deepEqual(create(t, '/proc/1/logs'), {
    is: 'failed',
    stage: 'creating the log directory',
    reason: "ENOENT: no such file or directory, mkdir '/proc/1/logs'",
  });
});

const notRoot = process.getuid?.() === 0 ? false : 'needs root';

test('a user who may not write there learns so', { skip: notRoot }, (t) => {
  const directory = scratch(t);
  mkdirSync(path.join(directory, 'backup'));
  const script = `import(${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/system/log-files/log-file.js'))})
    .then(({ createLogFile }) => console.log(JSON.stringify(createLogFile(${JSON.stringify({ directory, slug: 'backup', startedMs })}))))`;
  execFileSync('chmod', ['755', directory]);
  const said = execFileSync(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', script],
    { encoding: 'utf8' },
  );
  assert.match(JSON.parse(said).reason, /^EACCES: permission denied/);
});
