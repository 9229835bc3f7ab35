/** The three bad things a service can do, healed with Debian's cron as the only thing that ever starts anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceOf, isThere, kill, killAll, pidOf, reaperOf, ServiceHouse } from '../cli/serving.ts';
import { CronHouse, noCron } from './cron.ts';

const web = `name: Web
service: true
command: SERVES
ports: [http]
health_check: {http: {port: http, path: /}, interval: 0.5, initial_interval: 5, timeout: 5, max_consecutive_failures: 1}
restart_delay: 0.1
stop_timeout: 1
`;

test('cron starts a service; it recovers from a crash, a hang and the loss of its supervisor, and is back after a reboot', {
  skip: noCron,
}, async () => {
  const house = new ServiceHouse({ web }, { crontab: '/etc/cron.d/process-control' });
  let cron = await CronHouse.open(house);
  try {
    const generated = cron.inside('cron-generate', []);
    assert.equal(generated.status, 0, generated.stderr);
    cron.start();

    // It does not start after a boot: cron's @reboot line, or the next minute, starts it.
    const first = await house.untilUp('web');

    // It crashes.
    kill(pidOf(first, 0));
    const second = await house.until(
      'web',
      'another',
      (now) => now.state === 'UP' && pidOf(now, 0) !== pidOf(first, 0),
    );

    // It runs and does not answer.
    house.tell('hang.0');
    await house.until('web', 'its end', (now) => instanceOf(now, 0).lastExit?.words.includes('no answer') === true);
    house.untell('hang.0');
    const third = await house.until(
      'web',
      'another',
      (now) => now.state === 'UP' && pidOf(now, 0) !== pidOf(second, 0),
    );

    // Nobody is left who would notice anything: supervisor, reaper and instance are killed at once.
    const supervisor = await house.supervisor('web');
    killAll([supervisor, reaperOf(pidOf(third, 0)), pidOf(third, 0)]);
    const fourth = await house.until(
      'web',
      'another supervisor',
      (now) => now.state === 'UP' && now.supervisor?.pid !== supervisor,
    );

    // The machine goes down with all of it, and comes up again with cron.
    await cron.close();
    killAll([await house.supervisor('web'), reaperOf(pidOf(fourth, 0)), pidOf(fourth, 0)]);
    cron = await CronHouse.open(house);
    cron.start();
    const fifth = await house.until(
      'web',
      'it again',
      (now) => now.state === 'UP' && now.supervisor?.run !== fourth.supervisor?.run,
    );
    assert.ok(isThere(pidOf(fifth, 0)));
    assert.deepEqual(instanceOf(fifth, 0).ports, instanceOf(first, 0).ports);

    // A person who stops it has the last word, over a reboot too.
    assert.equal((await house.run('jobctl', ['stop', 'web'])).code, 0);
    await cron.close();
    cron = await CronHouse.open(house);
    cron.start();
    house.job('hello', 'name: Hello\ncommand: /bin/true\nservice: true\nrestart: never\n');
    await house.until('hello', 'cron to have looked', ({ instances }) => instances[0]?.at === 'finished');
    const last = await house.status('web');
    assert.deepEqual([last.state, last.supervisor], ['DOWN', undefined]);
    assert.deepEqual(house.lines('overlaps'), []);
  } finally {
    await cron.close();
    await house.end();
  }
});
