import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPasswd, users } from '../../../src/system/user/users.ts';

const passwd = [
  'root:x:0:0:root:/root:/bin/bash',
  'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
  'jenkins:x:1500:1600:Build, bot,,:/var/lib/jenkins:/bin/bash',
  '1500:x:7:7::/seven:/bin/sh',
  'bare:x:8:8:::',
  'broken:x:nine:9::/:/bin/sh',
  '+@nis::::::',
  'short:x:10',
  '',
].join('\n');

test('a user is found by name and by uid', () => {
  const jenkins = { name: 'jenkins', uid: 1500, gid: 1600, home: '/var/lib/jenkins', shell: '/bin/bash' };
  assert.deepEqual(fromPasswd(passwd, 'jenkins'), jenkins);
  assert.equal(fromPasswd(passwd, '0')?.name, 'root');
});

test('a name that is all digits wins over the uid', () => {
  assert.equal(fromPasswd(passwd, '1500')?.uid, 7);
});

test('a user without home and shell has the defaults of login(1)', () => {
  assert.deepEqual(fromPasswd(passwd, 'bare'), { name: 'bare', uid: 8, gid: 8, home: '/', shell: '/bin/sh' });
});

test('lines without a user are ignored', () => {
  for (const name of ['broken', '+@nis', 'short', '', 'x', 'nobody-here'])
    assert.equal(fromPasswd(passwd, name), undefined);
});

test('root is a user of this host', () => {
  assert.equal(users.find('root')?.uid, 0);
  assert.equal(users.find('0')?.name, 'root');
});

test('a name that is an option, a field or a line is not found', () => {
  for (const name of ['', '--help', '-s', 'root:x', 'a\nroot', 'root\0', 'no-such-user-here']) {
    assert.equal(users.find(name), undefined, JSON.stringify(name));
  }
});
