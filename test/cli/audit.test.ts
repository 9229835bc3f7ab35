/** What people change stands in the system log (authpriv), where no job can take it back: real programs, a real socket in the place of /dev/log. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Syslog, startSyslog } from '../fakes/syslog.ts';
import { type Ended, ended, House, isRoot, repository, until } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const canMount = isRoot && canHaveOwnEtc && existsSync('/usr/bin/logger');

/** A /dev of few devices and one socket, for one command. */
const withDev = `set -e; dev=$1; log=$2; shift 2; mount -t tmpfs dev "$dev"
for name in null zero full random urandom tty; do : >"$dev/$name"; mount --bind "/dev/$name" "$dev/$name"; done
mkdir "$dev/pts"; mount --bind /dev/pts "$dev/pts"; ln -s pts/ptmx "$dev/ptmx"; ln -s /proc/self/fd "$dev/fd"
: >"$dev/log"; mount --bind "$log" "$dev/log"; mount --rbind "$dev" /dev; exec "$@"`;

describe('changes by a person', { skip: canMount ? false : 'needs root, unshare(1) and logger(1)' }, () => {
  let house: House;
  let log: Syslog;
  let etc: OwnEtc;
  before(async () => {
    house = new House({ quick: 'name: Quick\ncommand: /bin/true\n' });
    house.job('outer', `name: Outer\ncommand: ${path.join(repository, 'bin/run-job')} quick\n`);
    spawnSync('mkdir', [house.path('dev')]);
    etc = new OwnEtc(house.path('own-etc'));
    etc.copy('process-control.yaml', house.configFile);
    log = await startSyslog();
    // The service user speaks to it too.
    spawnSync('chmod', ['755', path.dirname(log.socket)]);
    spawnSync('chmod', ['666', log.socket]);
  });
  after(async () => {
    await log[Symbol.asyncDispose]();
    house.remove();
  });

  interface Way {
    readonly as?: 'root' | 'service';
    readonly env?: Readonly<Record<string, string>>;
    readonly socket?: string;
    readonly terminal?: boolean;
  }
  function call(
    words: readonly string[],
    { as = 'root', env = {}, socket = log.socket, terminal }: Way = {},
  ): Promise<Ended> {
    const { uid, gid } = house.service;
    const identity = as === 'service' ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'] : [];
    const [program = '', ...args] = words;
    const command = [...identity, path.join(repository, 'bin', program), ...args];
    const shown = terminal ? ['script', '-qec', command.join(' '), '/dev/null'] : command;
    const [file = '', ...rest] = etc.under(['/bin/sh', '-c', withDev, 'sh', house.path('dev'), socket, ...shown]);
    const environment = { PATH: '/usr/bin:/bin', ...env };
    return ended(spawn(file, rest, { cwd: '/', env: environment, stdio: ['ignore', 'pipe', 'pipe'] }));
  }
  /** <86>: authpriv.info. */
  const audited = () => log.all().filter((line) => line.startsWith('<86>'));

  const changes = [
    ['jobctl', 'pause', 'quick', '--reason', 'for'],
    ['jobctl', 'resume', 'quick'],
    ['jobctl', 'start', 'quick', '--wait'],
    ['jobctl', 'stop', 'quick'],
    ['jobctl', 'restart', 'quick', '--wait'],
    ['jobctl', 'reset', 'quick'],
    ['jobctl', 'snooze', 'quick'],
    ['run-job', 'quick'],
    ['run-job', '--kill-job', 'quick'],
  ];
  for (const as of ['root', 'service'] as const) {
    for (const words of changes) {
      test(`${words.join(' ')} by ${as} is told once`, async () => {
        const marked = [...words, '--config', '/etc/process-control.yaml'];
        const done = await call(marked, { as });
        const told = () => audited().filter((one) => one.endsWith(`command: ${marked.join(' ')}`));
        const count = as === 'root' ? 1 : 2;
        await until('its line', () => told().length >= count);
        assert.equal(told().length, count, `${done.stderr}${log.all().join('\n')}`);
        assert.match(
          told().at(-1) ?? '',
          new RegExp(`${words[0]}\\[\\d+\\]: person=\\S+ uid=${as === 'root' ? 0 : house.service.uid} `),
        );
      });
    }
  }

  test('looks, starts by the clock and starts by a job are not audited', async () => {
    const earlier = audited().length;
    await call(['jobctl', 'status']);
    await call(['run-job', '--status']);
    await call(['run-job', '--rehearse', 'quick']);
    await call(['run-job', 'quick'], { as: 'service', env: { PROCESS_CONTROL_TRIGGER: 'cron' } });
    await call(['run-job', 'outer'], { as: 'service', env: { PROCESS_CONTROL_TRIGGER: 'cron' } });
    await call(['run-job', 'last'], { as: 'service' });
    await log.message(/^<86>.*command: run-job last$/);
    assert.equal(audited().length, earlier + 1);
  });

  test('the audit line is one line of plain characters: who, from where, what', async () => {
    const hostile = 'a "b"\n<0>forged uid=0\u001b[2J\u202e';
    const env = { SUDO_USER: 'eve\nroot' };
    await call(['jobctl', 'stop', 'quick', '--reason', hostile], { as: 'service', env: env });
    const line = await log.message(/eve/);
    assert.match(line, /^<86>[ -~]*$/);
    assert.ok(line.includes('SUDO_USER="eve\\nroot"'), line);
    assert.ok(
      line.includes('command: jobctl stop quick --reason "a \\"b\\"\\n<0>forged uid=0\\u001b[2J\\u202e"'),
      line,
    );
    assert.doesNotMatch(log.all().join('\n'), /^<0>/m);
  });

  test('the terminal is named', async () => {
    await call(['jobctl', 'reset', 'quick', '--reason', 'at-a-terminal'], { terminal: true });
    assert.match(
      await log.message(/at-a-terminal/),
      / loginuid=\S+ SUDO_USER=none terminal=pts\/\d+ run=none command: /,
    );
  });

  test('a system log that does not answer stops nothing', async () => {
    await using deaf = await startSyslog('deaf');
    const { code, stdout } = await call(['jobctl', 'pause', 'quick', '--for', '1s'], { socket: deaf.socket });
    assert.equal(code, 0);
    assert.match(stdout, /paused/);
    assert.equal((await call(['jobctl', 'resume', 'quick'], { socket: '/dev/null' })).code, 0);
  });
});
