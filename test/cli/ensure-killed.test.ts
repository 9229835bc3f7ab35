/**
 * Two ask for a service at the same time, and the first is killed with -9 at one system call after the other: no instance ever has two processes,
 * all of them come up, and none is left when their supervisor is gone. KILL_STRIDE=1 takes every step.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, test } from 'node:test';
import { ended, until } from './house.ts';
import { kill, ServiceHouse, withWord } from './serving.ts';

const noStrace = spawnSync('strace', ['-V']).error === undefined ? false : 'needs strace';
const stride = Number(process.env.KILL_STRIDE ?? 8);

/** Calls that change something or start something. */
const calls = 'openat,write,pwrite64,ftruncate,rename,unlink,mkdir,rmdir,symlink,clone,clone3,fork,vfork,exit_group';
const instances = 2;

describe('two that ask for a service at once, the first killed', { skip: noStrace }, () => {
  const starts = [
    ['run-job', '--ensure'],
    ['jobctl', 'start', 'web'],
  ] as const;
  for (const [program, ...args] of starts) {
    test(`${program} ${args.join(' ')}, beside each of them`, async () => {
      const house = new ServiceHouse({
        web: `name: Web\nservice: true\ninstances: ${instances}\ncommand: SERVES\nmin_uptime: 0\nstop_timeout: 1\n`,
      });
      try {
        const trace = house.path('state/trace');
        const under = ['strace', '-qq', '-e', `trace=${calls}`];
        assert.equal((await house.run(program, args, { under: [...under, '-o', trace] })).code, 0);
        const steps = stepsIn(readFileSync(trace, 'utf8'), house.directory).filter((_, at) => at % stride === 0);
        assert.ok(steps.length >= 3, 'the steps were not found');
        let killed = 0;
        for (const [at, step] of steps.entries()) {
          await allEnd(house);
          const inject = ['-o', '/dev/null', '-e', `inject=${step.call}:signal=SIGKILL:when=${step.number}`];
          const first = house.spawn(program, args, { under: [...under, ...inject] });
          const [otherProgram, ...otherArgs] = starts[at % starts.length] ?? starts[0];
          const [{ code }] = await Promise.all([ended(first), house.run(otherProgram, otherArgs)]);
          if (code !== 0) killed += 1;
          // What the other one saw at work is dead by now: cron asks again in the next minute.
          await house.ensure();
          const up = await house.until('web', `both after ${step.line}`, ({ state, instances: all }) => {
            const pids = all.map(({ pid }) => pid).sort();
            return state === 'UP' && pids.join() === [...withWord(house.play)].sort().join();
          });
          assert.equal(up.instances.length, instances);
          assert.deepEqual(house.lines('overlaps'), [], step.line);
        }
        assert.ok(killed > steps.length / 2, `only ${killed} of ${steps.length} were killed`);
        await allEnd(house);
      } finally {
        await house.end();
      }
    });
  }
});

/** Kills the supervisor, which is wanted up again, and waits until nothing of the service lives. */
async function allEnd(house: ServiceHouse): Promise<void> {
  await house.untilUp('web');
  kill(await house.supervisor('web'));
  await until('the end of all instances', () => withWord(house.play).length === 0);
}

interface Step {
  readonly call: string;
  /** Counts the calls of this kind in the process, from one. */
  readonly number: number;
  readonly line: string;
}

function stepsIn(trace: string, directory: string): readonly Step[] {
  const seen = new Map<string, number>();
  return trace.split('\n').flatMap((line) => {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined) return [];
    const number = (seen.get(call) ?? 0) + 1;
    seen.set(call, number);
    const matters = call === 'openat' ? line.includes(directory) : !line.includes('"*", 1)');
    return matters ? [{ call, number, line }] : [];
  });
}
