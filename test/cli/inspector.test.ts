/** SIGUSR1, at which Node opens its inspector: a port on which every user of the machine could have code run. No program of ours ever does. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { type Ended, ended, isRoot, repository, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const read = (file: string) => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};
/** A program of ours, in which Node is up: it catches the signal, or its launcher has had it ignored. */
const isOurs = (pid: number | string) =>
  read(`/proc/${pid}/cmdline`).includes('/boot.cjs') &&
  /^Sig(?:Ign|Cgt|Blk):\s*\w*[2367abef]\w\w$/m.test(read(`/proc/${pid}/status`));

/** The process and what it has started, as far as it is one of our programs; what has just been forked is not one yet. */
function programsBelow(pid: number, above = ''): readonly number[] {
  const command = read(`/proc/${pid}/cmdline`);
  const children = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
  return [
    ...(command !== above && isOurs(pid) ? [pid] : []),
    ...children.flatMap((child) => programsBelow(child, command)),
  ];
}

function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGUSR1');
  } catch {
    return false;
  }
}

/** Whether it has a socket on which connections are accepted. */
function listens(pid: number): boolean {
  const listening = ['tcp', 'tcp6'].flatMap((name) =>
    read(`/proc/${pid}/net/${name}`)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  );
  try {
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return open.some((target) => listening.includes(target));
  } catch {
    return false;
  }
}

const taken = (pid: number) => !/^(?:SigPnd|ShdPnd):\s*0*[1-9a-f]/m.test(read(`/proc/${pid}/status`));

/** From the first moment in which Node is there to the end, as often as can be. */
async function bombarded(child: ChildProcess): Promise<Ended & { readonly signals: number }> {
  let signals = 0;
  let listening = false;
  const timer = setInterval(() => {
    for (const pid of programsBelow(child.pid ?? 0)) {
      signals += signal(pid) ? 1 : 0;
      if (listens(pid)) listening = true;
    }
  }, 1);
  const result = await ended(child);
  clearInterval(timer);
  assert.equal(listening, false);
  return { ...result, signals };
}

/** Whether SIGUSR1 is neither caught, ignored nor blocked: bit 9 of the masks in proc(5). */
function dies(pid: string): boolean {
  const masks = [...read(`/proc/${pid}/status`).matchAll(/^Sig(?:Cgt|Ign|Blk):\s*(\w+)$/gm)];
  return masks.every(([, mask = '0']) => (BigInt(`0x${mask}`) & 0x200n) === 0n);
}

describe('SIGUSR1', () => {
  let house: ServiceHouse;
  before(() => {
    house = new ServiceHouse({
      quick: 'name: Quick\ncommand: /bin/sleep 0.3\nschedule: "1 1 1 1 *"\n',
      fail: 'name: Fail\ncommand: /bin/false\nfailmail: {to_address: nobody@localhost}\nnotify: [webhook: "http://127.0.0.1:1/"]\n',
      web: 'name: Web\ncommand: SERVES\nservice: true\nmin_uptime: 0\n',
    });
  });
  after(() => house.end());

  const rows: readonly (readonly [string, readonly string[], 'root' | 'service'])[] = [
    ['cron-generate', ['--output', '-'], 'root'],
    ['cron-generate', ['--check'], 'root'],
    ['run-job', ['quick'], 'service'],
    ['run-job', ['quick'], 'root'],
    ['run-job', ['--status'], 'service'],
    ['jobctl', ['status'], 'root'],
    ['jobctl', ['start', '--wait', 'quick'], 'root'],
    ['jobctl', ['pause', 'quick', '--for', '1s'], 'root'],
    ['check-jobs-icinga', [], 'service'],
    ['check-jobs-icinga', ['-t', '20'], 'service'],
  ];
  for (const [program, args, as] of rows) {
    const skip = as === 'root' && !isRoot ? 'needs root' : false;
    test(`at any moment of ${program} ${args.join(' ')} by ${as} changes nothing`, { skip }, async () => {
      await house.run('jobctl', ['resume', 'quick']);
      const { code } = await house.run(program, args, { as });
      await house.run('jobctl', ['resume', 'quick']);
      const hit = await bombarded(house.spawn(program, args, { as }));
      assert.equal(hit.code, code, hit.stderr);
      assert.doesNotMatch(hit.stderr, /Debugger listening/);
      assert.ok(hit.signals > 0);
    });
  }

  async function endures(pid: number): Promise<void> {
    assert.match(read(`/proc/${pid}/cmdline`), /\0--inspect-port=192\.0\.2\.1:9229\0/);
    for (let signals = 0; signals < 10; signals += 1) {
      process.kill(pid, 'SIGUSR1');
      await until('the signal to be taken', () => taken(pid));
      assert.ok(isOurs(pid), 'it has ended');
      assert.equal(listens(pid), false);
    }
  }

  test('does nothing to a supervisor', async () => {
    await house.run('jobctl', ['start', 'web']);
    await house.untilUp('web');
    const pid = await house.supervisor('web');
    await endures(pid);
    await house.run('jobctl', ['restart', 'web']);
    await house.untilUp('web');
    assert.equal(await house.supervisor('web'), pid);
    assert.equal(listens(pid), false);
  });

  test('does nothing to what delivers notices', async () => {
    await house.run('run-job', ['fail']);
    const pid = await until('deliver-notices', () =>
      readdirSync('/proc').find((name) => {
        const [program = '', ...words] = read(`/proc/${name}/cmdline`).split('\0');
        const isIt =
          !program.endsWith('/sh') &&
          words.includes('deliver-notices') &&
          read(`/proc/${name}/environ`).includes(house.configFile);
        if (isIt) assert.equal(dies(name), false, 'the signal would end it');
        return isIt;
      }),
    );
    await endures(Number(pid));
    process.kill(Number(pid), 'SIGKILL');
  });

  test('does nothing to what prunes logs', async () => {
    const dist = path.join(repository, 'dist');
    const { uid, gid } = house.service;
    const identity = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'] : [];
    const node = [path.join(dist, 'node'), '--inspect-port=192.0.2.1:9229', path.join(dist, 'boot.cjs')];
    const [file = '', ...args] = [...identity, ...node, 'prune-logs', '--config', house.configFile];
    const hit = await bombarded(
      spawn(file, args, { env: { PATH: '/usr/bin:/bin' }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    assert.equal(hit.code, 0, hit.stderr);
    assert.doesNotMatch(hit.stderr, /Debugger listening/);
  });
});
