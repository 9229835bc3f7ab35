import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { adoptPipes, makePipes } from '../../../src/system/pipe/pipes.ts';
import { isAlive, printed, program, scratch, until } from '../run-log/capturing.ts';

/** A shell hands two pipes to the program that it becomes, as bin/run-job does. */
const handPipes = 'exec 3<<END 4<<END\nEND\nEND\n';
const handFiles = 'exec 3</dev/null 4</dev/null\n';
const become = 'export PROCESS_CONTROL_PIPES="$$ 3 4"\nexec "$@"';

const nobody = 65_534;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

/** The descriptors of a job, and the result of opening /dev/stdout. */
const look = 'for fd in 0 1 2 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd; done; echo open > /dev/stdout';

function captureThrough(t: TestContext, prefix: readonly string[], hand = handPipes, job = look): string {
  const directory = scratch(t);
  if (process.getuid?.() === 0) chownSync(directory, nobody, nobody);
  chmodSync(directory, 0o755);
  const command = [...prefix, process.execPath, program('captures'), directory, job];
  const { status, stderr } = spawnSync('/bin/sh', ['-c', hand + become, 'sh', ...command], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const { logPath } = JSON.parse(readFileSync(path.join(directory, 'result.json'), 'utf8'));
  assert.deepEqual(readdirSync(directory).sort(), ['log', 'result.json'], 'no FIFO is left');
  return readFileSync(logPath, 'utf8');
}

function seenBy(t: TestContext, prefix: readonly string[], hand = handPipes): string[] {
  return printed(captureThrough(t, prefix, hand), 'INFO')
    .trimEnd()
    .split('\n');
}

test('a job writes to the pipes of the launcher and has no other descriptor', (t) => {
  const seen = seenBy(t, []);
  assert.equal(seen.length, 4, seen.join(' '));
  assert.equal(seen[0], '/dev/null');
  assert.match(seen[1] ?? '', /^pipe:\[\d+\]$/);
  assert.match(seen[2] ?? '', /^pipe:\[\d+\]$/);
  assert.notEqual(seen[1], seen[2]);
  assert.equal(seen[3], 'open');
});

test('FIFOs are used where the shell makes no pipes of here-documents', (t) => {
  const seen = seenBy(t, [], handFiles);
  assert.match(seen[1] ?? '', /\.pipes-\w+\/stdout \(deleted\)$/);
  assert.equal(seen[3], 'open');
});

test('no process keeps a pipe of the launcher open when the command has ended', async (t) => {
  const text = captureThrough(t, [], handPipes, 'yes & echo $! >&2');
  await until(() => !isAlive(printed(text, 'ERROR').trim()));
});

test('pipes named in a variable that was only inherited are not touched', (t) => {
  const seen = seenBy(t, ['/bin/sh', '-c', '"$@"; exit $?', 'sh']);
  assert.match(seen[1] ?? '', /\.pipes-\w+\/stdout \(deleted\)$/);
  assert.equal(seen[3], 'open');
});

const notRoot = process.getuid?.() === 0 ? false : 'needs root';

test('pipes of another user are replaced by ones that the job can open', { skip: notRoot }, (t) => {
  const seen = seenBy(t, asNobody);
  assert.match(seen[1] ?? '', /\.pipes-\w+\/stdout \(deleted\)$/);
  assert.equal(seen[3], 'open');
});

const nothingHanded = {
  'no variable': undefined,
  'an empty one': '',
  'no process number': '3 4',
  'no descriptors': `${process.pid}`,
  'other words': `${process.pid} a b`,
  'descriptors that are closed': `${process.pid} 998 999`,
};
for (const [title, handed] of Object.entries(nothingHanded)) {
  test(`${title} hands nothing over`, () => assert.equal(adoptPipes(handed), undefined));
}

test('a directory in which no FIFO can be created is named', (t) => {
  const directory = path.join(scratch(t), 'none');
  assert.throws(() => makePipes(directory), new RegExp(`^Error: ENOENT: .*${directory}`));
});
