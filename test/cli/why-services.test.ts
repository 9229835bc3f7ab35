/** `jobctl why` of a service in each of its states: the first sentence, and the commands that it advises. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { copyable } from '../e2e/copyable.ts';
import { until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const service = (command: string, more = '') => `name: S\nservice: true\ncommand: ${command}\n${more}`;
const sleeps = '/bin/sleep 1000';
const dies = `>-\n  sh -c 'echo starting; echo "port 80, permission denied" >&2; exit 3'`;

describe('why a service is as it is', () => {
  const house = new ServiceHouse({
    up: service(sleeps, 'instances: 2\n'),
    stopped: service(sleeps),
    one: service(sleeps, 'instances: 2\n'),
    gave_up: service(dies, 'respawn_limit: 1 3600\n'),
    waits: service(dies, 'respawn_limit: 50 3600\nrestart_delay: 600\nrestart_delay_max: 600\n'),
    finished: service('/bin/echo done', 'restart: never\n'),
    off: service(sleeps, 'disabled: true\n'),
    broken: service(sleeps),
    deaf: service(sleeps),
    orphan: service(sleeps),
  });
  const why = async (name: string) => (await house.run('jobctl', ['why', name, '--json'])).stdout;
  const answer = async (name: string): Promise<{ answer: string; commands: string[] }> => JSON.parse(await why(name));
  const kill = async (slug: string, signal: NodeJS.Signals) => process.kill(await house.supervisor(slug), signal);

  before(async () => {
    await house.ensure();
    for (const slug of ['up', 'stopped', 'one', 'broken', 'deaf', 'orphan']) await house.untilUp(slug);
    await house.run('jobctl', ['stop', 'stopped', '--reason', 'moving house']);
    await house.run('jobctl', ['stop', 'one.1']);
    house.job('broken', `${service(sleeps)}bogus: 1\n`);
    await kill('deaf', 'SIGSTOP');
    await kill('orphan', 'SIGKILL');
  });
  after(async () => {
    await kill('deaf', 'SIGCONT');
    await house.end();
  });

  const table: readonly (readonly [name: string, sentence: RegExp, commands: readonly RegExp[]])[] = [
    ['up', /^up is UP since \S+ \S+$/, []],
    ['up.1', /^up\.1 is UP since \S+ \S+$/, []],
    ['stopped', /^stopped is DOWN: it was stopped by pc-test at \S+ \S+: moving house$/, [/^jobctl start stopped\b/]],
    ['one.1', /^one\.1 is stopped; the service is \w+$/, [/^jobctl start one\.1\b/]],
    [
      'gave_up',
      /^gave_up is FAILED since \S+ \S+: gave_up\.0 was given up: died 2 times in .*; it last printed "port 80, permission denied"$/,
      [/^jobctl logs gave_up\.0\b/, /^jobctl reset gave_up\b/],
    ],
    [
      'waits',
      /^waits is DEGRADED since \S+ \S+: waits\.0 has died and starts again at \S+ \S+: it exited with code 3; it last printed "port 80, permission denied"$/,
      [/^jobctl logs waits\.0\b/, /^jobctl restart waits\.0\b/],
    ],
    ['finished', /^finished is \w+ since \S+ \S+: finished\.0 has finished\b/, [/^jobctl reset finished\b/]],
    ['off', /^off is DOWN: its file has "disabled: true"$/, [/cron-generate/, /^jobctl start off\b/]],
    ['broken', /^broken is UP since \S+ \S+$/, [/^jobctl check \/\S+\/broken\.yaml\b/]],
    ['deaf', /^deaf is \w+: its supervisor is stopped \(SIGSTOP\), so nothing is watched$/, [/^sudo kill -CONT \d+$/]],
    [
      'orphan',
      /^orphan is \w+: no supervisor runs, and none will be started: the crontab has no line that starts services, so only jobctl start orphan does$/,
      [/^sudo cron-generate\b/, /^jobctl start orphan\b/],
    ],
  ];
  for (const [name, sentence, commands] of table)
    test(`${name}: ${sentence.source}`, async () => {
      let seen = { answer: '', commands: [] as string[] };
      const isSo = async () => {
        seen = await answer(name);
        return sentence.test(seen.answer);
      };
      await until(`${sentence}`, isSo).catch((error) => assert.fail(`${error.message}: ${seen.answer}`));
      assert.equal(seen.commands.length, commands.length, seen.commands.join('\n'));
      for (const [at, pattern] of commands.entries()) assert.match(seen.commands[at] ?? '', pattern);
      for (const command of seen.commands) assert.equal(copyable(command, house), undefined, command);
      const { stdout } = await house.run('jobctl', ['why', name]);
      assert.equal(stdout.split('\n')[0], seen.answer);
      for (const command of seen.commands) assert.ok(stdout.includes(`\n    ${command}\n`), stdout);
    });

  test('an instance is spoken of by itself, now and with --at: nothing of the other instances', async () => {
    const pairs = `>-\n  sh -c 'test {{instance}} = 0 && exit 3; exec sleep 1000'`;
    house.job('pair', service(pairs, 'instances: 2\nrespawn_limit: 1 3600\n'));
    await house.ensure();
    const degraded = /^pair\.1 is up; the service is DEGRADED since \S+ \S+$/;
    await until(`${degraded}`, async () => degraded.test((await answer('pair.1')).answer));
    assert.doesNotMatch(await why('pair.1'), /pair\.0/);
    const ago = ['--at', '0 s ago'];
    const { stdout } = await house.run('jobctl', ['why', 'pair.1', ...ago]);
    assert.match(stdout, /^pair\.1 at \S+ \S+: the service was DEGRADED; the last thing before that: pair is DEGRADED/);
    const dead = await house.run('jobctl', ['why', 'pair.0', ...ago]);
    assert.match(dead.stdout, /^pair\.0 at .*: the service was DEGRADED; the last thing before that: pair(\.0)? /);
    assert.match((await house.run('jobctl', ['why', 'pair', ...ago])).stdout, /^pair at \S+ \S+: it was DEGRADED; /);
  });

  test('of one whose file is removed it says so, or that there is none any more', async () => {
    await house.run('jobctl', ['stop', 'finished']);
    rmSync(house.path('jobs/finished.yaml'));
    const { code, stderr } = await house.run('jobctl', ['why', 'finished']);
    assert.equal(code, 64);
    assert.match(stderr, /there is no job "finished": its file is gone; what is on record: jobctl history finished$/m);
  });
});
