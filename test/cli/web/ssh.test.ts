/** The page through `ssh -L`, with a real ssh server that has no port: the client starts it as its proxy. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { House, isRoot, until } from '../house.ts';
import { get, placeOf, startPage } from './running.ts';

const server = placeOf('sshd');
const client = placeOf('ssh');
const isThere = server !== undefined && client !== undefined;

const house = new House({ hello: 'name: Say hello\ncommand: /bin/echo hello\n' });
after(() => house.remove());

test('a user who may connect to the socket sees the page at the other end of ssh -L', {
  skip: !isThere && 'needs ssh and sshd',
}, async () => {
  const { uid, gid, name } = house.service;
  const place = house.path('run/ssh');
  mkdirSync(place, { mode: 0o700 });
  if (isRoot) chownSync(place, uid, gid);
  const as = isRoot ? { uid, gid } : {};
  for (const key of ['host', 'user']) {
    const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(place, key)], as);
    assert.equal(made.status, 0, String(made.stderr));
  }
  const lines = [
    ...[`HostKey ${place}/host`, `AuthorizedKeysFile ${place}/user.pub`, 'StrictModes no', 'UsePAM no', 'PidFile none'],
    ...['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'LogLevel ERROR'],
  ];
  writeFileSync(path.join(place, 'config'), `${lines.join('\n')}\n`, { mode: 0o644 });
  await startPage(house);
  const here = path.join(place, 'here.sock');
  const options = [
    `ProxyCommand=${server}/sshd -i -f ${place}/config`,
    ...['StrictHostKeyChecking=no', `UserKnownHostsFile=${place}/known`, 'BatchMode=yes', 'ExitOnForwardFailure=yes'],
    `IdentityFile=${place}/user`,
  ];
  const forward = ['-F', '/dev/null', ...options.flatMap((option) => ['-o', option]), '-N', '-L'];
  const ssh = house.spawn('ssh', [...forward, `${here}:${house.path('run/web/view.sock')}`, `${name}@shop`], {
    from: client ?? '',
    environment: { LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH ?? '' },
  });
  let said = '';
  ssh.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('the tunnel', () => {
    assert.equal(ssh.exitCode, null, said);
    return existsSync(here);
  });
  const { status, body } = await get(here, '/jobs/hello', { Host: 'localhost:8080' });
  assert.equal(status, 200, said);
  assert.match(body, /Say hello/);
  assert.equal((await get(here, '/', { Host: 'attacker.example' })).status, 403);
});
