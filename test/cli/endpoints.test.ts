/** `jobctl endpoints`: a real nginx answers from the instances that it names. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const jobs = {
  web: 'name: Web\nservice: true\ninstances: 2\nports: [http]\ncommand: SERVES\nhealth_check: {http: {port: http, path: /}, interval: 1, timeout: 10}\n',
  plain: 'name: Plain\nservice: true\ncommand: sleep 1000\n',
  job: 'name: Job\ncommand: /bin/true\n',
};
const withoutNginx = spawnSync('nginx', ['-v']).error === undefined ? false : 'nginx is not installed';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the endpoints of a service of one host', () => {
  const house = new ServiceHouse(jobs);
  const file = house.path('out/web.conf');
  let nginx: ChildProcess | undefined;
  const write = (format: string, ...more: readonly string[]) =>
    house.run('jobctl', ['endpoints', 'web', '--format', format, '--output', file, ...more]);

  before(async () => {
    mkdirSync(house.path('out'));
    chownSync(house.path('out'), house.service.uid, house.service.gid);
    house.tell('ill.1');
    await house.ensure();
    await house.until('web', 'the first instance is up', ({ instances }) => instances[0]?.at === 'up');
  });

  after(async () => {
    nginx?.kill('SIGKILL');
    await house.run('jobctl', ['stop', '--supervisors']);
    house.remove();
  });

  test('name the instances that are up', async () => {
    const { code, stdout, stderr } = await house.run('jobctl', ['endpoints', 'web']);
    assert.equal(code, 0, stderr);
    const { service, instances } = JSON.parse(stdout);
    assert.equal(service, 'web');
    assert.deepEqual(
      instances.map(({ instance, address, state }: Record<string, unknown>) => [instance, address, state]),
      [[0, '127.0.0.1', 'up']],
    );
    const all = JSON.parse((await house.run('jobctl', ['endpoints', 'web', '--all'])).stdout);
    assert.equal(all.instances.length, 2);
  });

  test('are what a proxy sends requests to', { skip: withoutNginx }, async () => {
    assert.equal((await write('nginx')).code, 0);
    const port = await freePort();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const paths = temporary.map((name) => `${name}_temp_path ${house.path('out')}/${name};`).join(' ');
    const server = `server { listen 127.0.0.1:${port}; location / { proxy_pass http://web_http; } }`;
    const text = `daemon off; master_process off; pid ${house.path('out/pid')}; error_log stderr; events {} http { access_log off; ${paths} include ${file}; ${server} }\n`;
    writeFileSync(house.path('out/nginx.conf'), text);
    nginx = spawn('nginx', ['-e', 'stderr', '-c', house.path('out/nginx.conf')], { stdio: 'ignore' });
    const ask = () => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text());
    await until('nginx answers', async () => (await ask().catch(() => '')) === 'ok\n');
    for (let times = 0; times < 4; times++) assert.equal(await ask(), 'ok\n');
    nginx.kill('SIGKILL');
  });

  test('are not known while the supervisor is stopped, and the file stays as it is', async () => {
    assert.equal((await write('json')).code, 0);
    const before = readFileSync(file, 'utf8');
    const pid = (await house.status('web')).supervisor?.pid;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGSTOP');
    try {
      const { code, stderr } = await write('json');
      assert.equal(code, 1);
      assert.match(
        stderr,
        /the endpoints of web are not known: its supervisor is stopped .*; .*web\.conf stays as it is/,
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('are none when it is down', async () => {
    assert.equal((await house.run('jobctl', ['stop', 'web'])).code, 0);
    assert.equal((await write('json')).code, 0);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { service: 'web', instances: [] });
  });

  for (const [args, code, said] of [
    [['web', '--format', 'caddy'], 64, /--format is json, nginx, haproxy, found "caddy"/],
    [['web.0'], 64, /endpoints is about a whole service: jobctl endpoints web, not web\.0/],
    [['job'], 64, /job: only services have endpoints/],
    [['plain', '--format', 'nginx'], 1, /plain has no "ports" in its file/],
    [['web', '--output', '/nowhere/x'], 1, /\/nowhere\/x was not written: .*no such file/],
  ] as const)
    test(`are refused: ${args.join(' ')}`, async () => {
      const answer = await house.run('jobctl', ['endpoints', ...args]);
      assert.equal(answer.code, code, answer.stderr);
      assert.match(answer.stderr, said);
      assert.equal(answer.stdout, '');
    });
});
