/** Debian's cron itself reads what cron-generate wrote, in a mount namespace of its own and with a clock that runs sixty times as fast. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cronGenerate, notRoot, Scene } from '../cli/scene.ts';
import { until } from '../waiting.ts';

const runJob = cronGenerate.replace(/cron-generate$/, 'run-job');
const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin';
const succeeds = (command: string) => spawnSync('sh', ['-c', command], { env: { PATH: searchPath } }).status === 0;
const isDebian = succeeds('command -v cron && unshare -m true && test -d /var/spool/cron/crontabs');
const skip = notRoot || (isDebian ? false : "needs Debian's cron and unshare -m");

/** Without libfaketime a minute takes a minute. */
const hasFakeTime = succeeds('ls /usr/lib/*/faketime/libfaketime.so.1');
const clock = hasFakeTime ? { LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1', FAKETIME: '+0 x60' } : {};
const patienceMs = hasFakeTime ? 120_000 : 150_000;

/** The directories that cron reads are the scene's; nothing outside the namespace changes. */
function startCron(scene: Scene): ChildProcess {
  for (const name of ['cron.d', 'spool']) mkdirSync(scene.path(name));
  writeFileSync(scene.path('crontab'), '');
  mkdirSync(scene.path('ran'));
  chmodSync(scene.path('ran'), 0o777);
  const script = `
    mount --bind ${scene.path('cron.d')} /etc/cron.d &&
    mount --bind ${scene.path('spool')} /var/spool/cron/crontabs &&
    mount --bind ${scene.path('crontab')} /etc/crontab &&
    mount -t tmpfs none /run &&
    echo ready && read -r go && exec env "$@" cron -f`;
  const settings = Object.entries(clock).map(([name, value]) => `${name}=${value}`);
  return spawn('unshare', ['-m', 'sh', '-c', script, 'sh', ...settings], {
    env: { PATH: searchPath },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** cron-generate where this cron will look. */
function generateFor(cron: ChildProcess, scene: Scene) {
  const command = [cronGenerate, '--config', scene.path('config.yaml')];
  return spawnSync('nsenter', ['-t', String(cron.pid), '-m', ...command], {
    encoding: 'utf8',
    env: scene.environment(),
  });
}

/** The user of the jobs must reach the programs, which a checkout below somebody's home does not allow. */
const reachable =
  spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', runJob, '--version']).status === 0;

test('cron starts run-job, which runs the job and keeps its log', {
  skip: skip || (reachable ? false : 'run-job is out of reach'),
}, async () => {
  const scene = new Scene();
  for (const name of ['run', 'state', 'log']) {
    mkdirSync(scene.path(name));
    chownSync(scene.path(name), 65534, 65534);
  }
  const places = ['run', 'state'].map((name) => `${name}_directory: ${scene.path(name)}\n`).join('');
  scene.configure(`output_crontab: /etc/cron.d/process-control\noutput_directory: ${scene.path('log')}\n${places}`);
  scene.file(
    'hello',
    'name: Hello\ncommand: /bin/echo hello from cron\nschedule: "* * * * *"\nfailmail: {to_address: root}\n',
  );
  const cron = startCron(scene);
  const logs = () => (existsSync(scene.path('log/hello')) ? readdirSync(scene.path('log/hello')) : []);
  const written = () => logs().map((name) => readFileSync(scene.path(`log/hello/${name}`), 'utf8'));
  try {
    await new Promise((resolve) => cron.stdout?.once('data', resolve));
    assert.equal(generateFor(cron, scene).status, 0);
    cron.stdin?.write('go\n');
    await until(
      'the job has left a log',
      () => written().some((text) => /\tINFO\thello from cron\n/.test(text)),
      patienceMs,
    );
  } finally {
    cron.kill('SIGKILL');
    await new Promise((resolve) => cron.once('exit', resolve));
    scene.end();
  }
});

test('cron accepts the generated files, runs their lines as the service user, and notices a new text', {
  skip,
}, async () => {
  const scene = new Scene('output_crontab: /etc/cron.d/process-control\n');
  const runner = scene.path('runner');
  writeFileSync(
    runner,
    `#!/bin/sh\n{ id -un; pwd; env; } >${scene.path('ran')}/$2.$$\nmv ${scene.path('ran')}/$2.$$ ${scene.path('ran')}/$2\n`,
  );
  chmodSync(runner, 0o755);
  scene.configure(`output_crontab: /etc/cron.d/process-control\nrunner_path: ${runner}\n`);
  // Enough of them that the last one is in a file of its own.
  for (let index = 0; index < 4600; index += 1) scene.job(`a${index}`, '0 0 1 1 *');
  scene.job('zz-last', '* * * * *');
  const cron = startCron(scene);
  const ran = (slug: string) => existsSync(scene.path(`ran/${slug}`));
  const generate = () => generateFor(cron, scene);
  try {
    await new Promise((resolve) => cron.stdout?.once('data', resolve));
    // A broken file of somebody else costs only itself.
    writeFileSync(scene.path('cron.d/broken'), '99 * * * * root /bin/true\n');
    const first = generate();
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(readdirSync(scene.path('cron.d')).sort(), ['broken', 'process-control', 'process-control-2']);
    cron.stdin?.write('go\n');
    await until('the last job of the second file has run', () => ran('zz-last'), patienceMs);
    const [user, directory, ...environment] = readFileSync(scene.path('ran/zz-last'), 'utf8').trim().split('\n');
    assert.deepEqual([user, directory], ['nobody', '/']);
    assert.ok(environment.includes('PROCESS_CONTROL_TRIGGER=cron'));
    assert.ok(!ran('a0'));

    scene.job('a0', '*/1 * * * *');
    assert.equal(generate().status, 0);
    await until('a changed line has run', () => ran('a0'), patienceMs);
    assert.ok(!existsSync(path.join('/etc/cron.d/process-control')), 'the machine itself is untouched');
  } finally {
    cron.kill('SIGKILL');
    await new Promise((resolve) => cron.once('exit', resolve));
    scene.end();
  }
});
