import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { until } from '../waiting.ts';
import { removeTree } from './house.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const home = mkdtempSync(path.join(tmpdir(), 'try-'));
// What a stopped service leaves may still be writing.
after(() => removeTree(home));

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
if (isRoot) chownSync(home, nobody, nobody);
chmodSync(home, 0o755);

/** The command, as a user that is not root. */
function asUser(...command: readonly string[]) {
  const drop = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];
  const [program = '', ...args] = [...drop, ...command];
  return spawnSync(program, args, { cwd: '/', encoding: 'utf8', env: { PATH: process.env.PATH, HOME: home } });
}

const script = path.join(root, 'scripts/try.sh');
const reason = existsSync('/etc/process-control.yaml')
  ? 'this machine has an /etc/process-control.yaml'
  : asUser('test', '-r', script).status !== 0 && 'a user that is not root can not read this checkout';
const config = path.join(home, '.config/process-control');

test('with an empty home npm run try ends with a run in the status, the history, the log and the page', {
  skip: reason,
}, async () => {
  const { status, stdout, stderr } = asUser(script);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\+ bin\/run-job --job hello$/m);
  assert.match(stdout, /^\*\/10 \* \* \* \* \S+ \S+\/bin\/run-job --job hello$/m);
  assert.match(stdout, /^hello +ok +20\S+ \S+ +[\d.]+ m?s\b/m);
  // Nothing starts the services before the crontab is installed.
  assert.match(
    stdout,
    /^shop-web +STARTING .*no supervisor yet; the crontab has no line that starts services, so only jobctl start shop-web does/m,
  );
  assert.match(stdout, /^\S+ \S+ +\S+ +succeeded, after .* by /m);
  assert.match(stdout, /\tINFO\tHello from a job\./);
  assert.deepEqual(readdirSync(path.join(config, 'jobs')).sort(), readdirSync(path.join(root, 'jobs.example')).sort());
  assert.match(readFileSync(path.join(config, 'crontab'), 'utf8'), /bin\/run-job --job hello/);
  assert.match(stdout, /\n {2}bin\/process-control-web +says how to open it through ssh/);
  const [, options = '', token = ''] =
    /\n {2}bin\/process-control-web (--listen .*)\n +on this one: http:\S+ with the token (\S+)\n$/.exec(stdout) ?? [];
  await opensPage(options.replace(':8080', ':0').split(' '), token);
});

/** The last lines open the page for a user without rights. */
async function opensPage(options: readonly string[], token: string): Promise<void> {
  const drop = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];
  const [program = '', ...args] = [...drop, path.join(root, 'bin/process-control-web'), ...options];
  const child = spawn(program, args, { cwd: '/', env: { PATH: process.env.PATH, HOME: home } });
  try {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
    const address = () => /the page is at (http:\S+),/.exec(said)?.[1];
    await until('the page', () => address() !== undefined || assert.equal(child.exitCode, null, said) === null);
    const page = await fetch(`${address()}jobs`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(page.status, 200);
    assert.match(await page.text(), /hello/);
    assert.equal((await fetch(`${address()}jobs`)).status, 401);
  } finally {
    child.kill();
  }
}

test('at a terminal it goes on with all jobs by the clock, without cron and root, until ^C', {
  skip: reason,
}, async () => {
  const drop = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];
  const [program = '', ...args] = [...drop, 'script', '-qefc', script, '/dev/null'];
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await until('the clock', () => /job-scheduler \(pid \d+\) starts jobs by the clock: \d+ lines/.test(text));
    child.stdin.write('\u0003');
    // The exit code is that of the shell between, which ^C reaches too.
    await ended;
    assert.match(text, /INT: nothing is started any more[\s\S]*job-scheduler has ended/);
  } finally {
    child.kill('SIGKILL');
  }
});

test('npm run try leaves the jobs that it finds as they are', { skip: reason }, () => {
  const file = path.join(config, 'jobs/hello.yaml');
  writeFileSync(file, 'name: Say hello\ncommand: /bin/echo of my own\n');
  const { status, stdout } = asUser(script);
  assert.equal(status, 0);
  assert.match(stdout, /\tINFO\tof my own$/m);
  assert.equal(readFileSync(file, 'utf8'), 'name: Say hello\ncommand: /bin/echo of my own\n');
});

test('npm run try tells root what to do instead', { skip: !isRoot && 'needs root' }, () => {
  const { status, stderr } = spawnSync(script, { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: home } });
  assert.equal(status, 77);
  assert.match(stderr, /root never runs jobs/);
});
