/** The page behind a real nginx that logs readers in, below a path of its site: the lines of docs/how-to/page.md. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { House, isRoot, repository, until } from '../house.ts';
import { get, listen, placeOf, startPage, stop } from './running.ts';

const nginx = placeOf('nginx');
const options = { skip: nginx === undefined && 'needs nginx' };

const house = new House({ hello: 'name: Say hello\ncommand: /bin/echo hello\nschedule: "5 4 * * *"\n' });
const children: ChildProcess[] = [];
after(async () => {
  // A killed nginx would leave its worker.
  for (const child of children) await stop(child);
  house.remove();
});

const proxy = house.path('run/proxy/view.sock');
const site = house.path('run/nginx/site.sock');
const ada = { Host: 'shop.example.org', Authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` };

/** The lines of the page of the book, for the places of this house. */
function locations(): string {
  const page = readFileSync(path.join(repository, 'docs/how-to/page.md'), 'utf8');
  const [, lines = ''] = /```nginx\n(.*?)```/s.exec(page) ?? [];
  assert.match(lines, /X-Remote-User \$remote_user/);
  return lines
    .replace('/run/process-control-web-proxy/view.sock', proxy)
    .replace('/etc/nginx/jobs.htpasswd', house.path('run/nginx/users'));
}

before(async () => {
  if (nginx === undefined) return;
  for (const name of ['run/proxy', 'run/nginx']) {
    mkdirSync(house.path(name));
    if (isRoot) chownSync(house.path(name), house.service.uid, house.service.gid);
  }
  chmodSync(house.path('run/proxy'), 0o750);
  writeFileSync(house.path('run/nginx/users'), 'ada:{PLAIN}secret\n', { mode: 0o644 });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${house.path(`run/nginx/${name}`)};`,
  );
  const server = `server { listen unix:${site}; server_name shop.example.org;\n${locations()}}`;
  const http = `http { access_log off; ${temporary.join(' ')}\n${server}\n}`;
  const config = house.path('run/nginx/nginx.conf');
  const main = `daemon off; pid ${house.path('run/nginx/pid')}; error_log stderr; events {}`;
  writeFileSync(config, `${main}\n${http}\n`, { mode: 0o644 });
  const web = house.path('etc/web.yaml');
  const keys = `{proxy_socket: ${proxy}, base_path: /jobs, hosts: [shop.example.org]}`;
  writeFileSync(web, `${readFileSync(house.configFile, 'utf8')}web: ${keys}\n`, { mode: 0o644 });
  const { child } = await startPage(house, '--config', web);
  children.push(house.spawn('nginx', ['-c', config, '-e', 'stderr'], { from: nginx }), child);
  await until('nginx', () => existsSync(site));
});

test('nobody gets in without the login of nginx, and with it every link stays below the path', options, async () => {
  assert.equal((await get(site, '/jobs/', { Host: 'shop.example.org' })).status, 401);
  const { status, body } = await get(site, '/jobs/', ada);
  assert.equal(status, 200);
  const links = [...body.matchAll(/(?:href|action|src)="([^"#]*)/g)].map(([, link = '']) => link).filter(Boolean);
  assert.ok(links.length > 5);
  assert.deepEqual(
    links.filter((link) => !link.startsWith('/jobs/')),
    [],
  );
  assert.match((await get(site, '/jobs/jobs/hello', ada)).body, /Say hello/);
  assert.equal((await get(site, '/jobs/api/v1/jobs/hello', ada)).status, 200);
});

test('nginx replaces a name that the browser claims; without nginx there is none', options, async () => {
  // Two names, or one in another alphabet, would be refused.
  assert.equal((await get(site, '/jobs/', { ...ada, 'X-Remote-User': 'ROOT!' })).status, 200);
  assert.equal((await get(proxy, '/jobs/', { Host: 'shop.example.org' })).status, 403);
  assert.equal((await get(house.path('run/web/view.sock'), '/jobs/', { 'X-Remote-User': 'ada' })).status, 403);
});

test('nginx passes on at once what has changed', options, async () => {
  const heard = listen(site, '/jobs/api/v1/changes', ada);
  await until('the answer', () => heard.text.includes('retry:'));
  await house.run('run-job', ['hello']);
  await until('the run', () => heard.text.includes('"hello"'));
});
