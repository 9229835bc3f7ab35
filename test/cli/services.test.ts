/** The real programs keep a service up: through crashes, hangs, lost supervisors and reboots, with real servers that obey the test. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { until } from './house.ts';
import { instanceOf, isThere, kill, pidOf, reaperOf, ServiceHouse, withWord } from './serving.ts';

const web = `name: Web
service: true
instances: 2
command: SERVES
ports: [http]
health_check: {http: {port: http, path: /}, interval: 0.2, initial_interval: 5, timeout: 5, max_consecutive_failures: 1}
restart_delay: 0.1
restart_delay_max: 0.5
stop_timeout: 1
`;

describe('services stay up', () => {
  const house = new ServiceHouse({ web });
  after(() => house.end());

  test('is started by --ensure, silently, with its ports for all to read', async () => {
    await house.ensure();
    const seen = await house.untilUp('web');
    const { instances } = JSON.parse(readFileSync(house.path('run/services/web/endpoints.json'), 'utf8'));
    assert.deepEqual(
      instances.map(({ ports }: { ports: unknown }) => ports),
      seen.instances.map(({ ports }) => ports),
    );
    const port = instanceOf(seen, 1).ports.http;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'ok\n');
  });

  test('has one supervisor, however often it is asked for', async () => {
    const before = await house.supervisor('web');
    await Promise.all([house.ensure(), house.ensure(), house.run('run-job', ['--job', 'web'])]);
    const again = await house.run('run-job', ['--job', 'web']);
    const words = 'run-job: web has a supervisor; jobctl status web\n';
    assert.deepEqual([again.code, again.stdout, again.stderr], [0, '', words]);
    assert.equal(await house.supervisor('web'), before);
    assert.deepEqual(house.lines('overlaps'), []);
  });

  test('is started again when it crashes, on the same port', async () => {
    const before = await house.untilUp('web');
    kill(pidOf(before, 0));
    const seen = await house.until(
      'web',
      'another process',
      (now) => now.state === 'UP' && pidOf(now, 0) !== pidOf(before, 0),
    );
    assert.equal(pidOf(seen, 1), pidOf(before, 1));
    assert.deepEqual(instanceOf(seen, 0).ports, instanceOf(before, 0).ports);
    assert.equal(instanceOf(seen, 0).lastExit?.words, 'was ended by SIGKILL');
  });

  test('is started again when it does not answer, and nothing that it had started is left', async () => {
    const word = house.path('play/escaped-1');
    house.tell('deaf.1');
    house.tell('forks.1');
    const { code, stderr } = await house.run('jobctl', ['restart', 'web.1']);
    assert.equal(code, 0, stderr);
    await until('the process that escapes', () => withWord(word).length > 0);
    const before = await house.untilUp('web');
    house.untell('forks.1');
    house.untell('deaf.1');
    const escaped = withWord(word);
    house.tell('hang.1');
    await house.until(
      'web',
      'its end',
      (now) => instanceOf(now, 1).lastExit?.words.includes('no answer within') === true,
    );
    house.untell('hang.1');
    const seen = await house.untilUp('web');
    assert.notEqual(pidOf(seen, 1), pidOf(before, 1));
    assert.deepEqual(escaped.filter(isThere), []);
    assert.equal(pidOf(seen, 0), pidOf(before, 0));
  });

  test('is started again when it answers that it is ill', async () => {
    const before = await house.untilUp('web');
    house.tell('ill.0');
    await house.until('web', 'its end', (now) => instanceOf(now, 0).lastExit?.words.includes('HTTP code 503') === true);
    house.untell('ill.0');
    assert.notEqual(pidOf(await house.untilUp('web'), 0), pidOf(before, 0));
  });

  test('is started again after its supervisor was killed, once the remaining processes are gone', async () => {
    const before = await house.untilUp('web');
    kill(await house.supervisor('web'));
    await house.ensure();
    const seen = await house.until(
      'web',
      'new processes',
      (now) => now.state === 'UP' && now.supervisor?.run !== before.supervisor?.run,
    );
    for (const number of [0, 1]) assert.equal(isThere(pidOf(before, number)), false);
    assert.deepEqual(
      seen.instances.map(({ ports }) => ports),
      before.instances.map(({ ports }) => ports),
    );
  });

  test('and when the reapers were killed, too, so that no process is left to end it', async () => {
    house.tell('deaf.0');
    const hearing = pidOf(await house.untilUp('web'), 0);
    await house.run('jobctl', ['restart', 'web.0']);
    // The restart is carried out after jobctl has ended, so the old process may still be the one on record.
    const before = await house.until(
      'web',
      'the deaf one',
      (now) => now.state === 'UP' && instanceOf(now, 0).pid !== hearing,
    );
    const supervisor = await house.supervisor('web');
    const reapers = [0, 1].map((number) => reaperOf(pidOf(before, number)));
    // Stopped first, or they would notice.
    for (const reaper of reapers) kill(reaper, 'SIGSTOP');
    kill(supervisor);
    for (const reaper of reapers) kill(reaper);
    assert.ok(isThere(pidOf(before, 0)), 'nothing lives on, so nothing is tested');
    house.untell('deaf.0');
    await house.ensure();
    await house.until(
      'web',
      'new processes',
      (now) => now.state === 'UP' && now.supervisor?.run !== before.supervisor?.run,
    );
    for (const number of [0, 1]) assert.equal(isThere(pidOf(before, number)), false);
  });

  test('survives SIGHUP to its supervisor, and ends with it on SIGTERM', async () => {
    const supervisor = await house.supervisor('web');
    kill(supervisor, 'SIGHUP');
    const before = await house.untilUp('web');
    kill(supervisor, 'SIGTERM');
    await house.until('web', 'nobody', (now) => now.supervisor === undefined);
    for (const number of [0, 1]) assert.equal(isThere(pidOf(before, number)), false);
    assert.equal(existsSync(house.path('run/services/web/endpoints.json')), false);
    await house.ensure();
    await house.untilUp('web');
  });

  test('stays down after a stop, over every --ensure, and names who stopped it', async () => {
    const stopped = await house.run('jobctl', ['stop', 'web', '--reason', 'moving house']);
    assert.equal(stopped.code, 0, stopped.stderr);
    await house.ensure();
    const asked = await house.run('run-job', ['web']);
    assert.equal(asked.code, 0);
    assert.match(asked.stderr, /web is stopped by \S+ at .*: moving house; jobctl start web/);
    const { code, stdout } = await house.run('jobctl', ['status', 'web']);
    assert.equal(code, 3);
    assert.match(stdout, /state: +DOWN[\s\S]*desired: +down, stopped by .*moving house/);
    const started = await house.run('jobctl', ['start', 'web', '--wait']);
    assert.deepEqual([started.code, started.stdout], [0, 'web is UP\n']);
  });

  test('never had two processes of one instance', () => {
    assert.deepEqual(house.lines('overlaps'), []);
  });
});

test('a reboot: the records of an old boot say nothing about processes of this one', async () => {
  const house = new ServiceHouse({ web });
  const innocent = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    await house.ensure();
    const before = await house.untilUp('web');
    kill(await house.supervisor('web'), 'SIGTERM');
    await house.until('web', 'nobody', (now) => now.supervisor === undefined);
    // As if the machine had gone down in the middle: all was up, under numbers that are others' now.
    const file = house.path('state/services/web/supervised.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    const identity = {
      pid: innocent.pid,
      startTicks: readFileSync(`/proc/${innocent.pid}/stat`, 'latin1').split(' ')[21],
    };
    const instances = record.instances.map((one: object) => ({
      ...one,
      at: 'up',
      process: identity,
      leader: identity,
      run: 'x',
    }));
    writeFileSync(file, JSON.stringify({ ...record, boot: '0'.repeat(32), state: 'UP', instances }));
    await house.ensure();
    const seen = await house.untilUp('web');
    assert.ok(isThere(innocent.pid ?? 0), 'an innocent process was ended');
    assert.deepEqual(
      seen.instances.map(({ ports }) => ports),
      before.instances.map(({ ports }) => ports),
    );
  } finally {
    const gone = once(innocent, 'exit');
    innocent.kill();
    await gone;
    await house.end();
  }
});

describe('a daemon with a pid file', () => {
  const house = new ServiceHouse({
    daemon: `name: Daemon
service: true
command: SERVES daemon
ports: [http]
pid_file: d.pid
environment: {PID_FILE: "{{pid_file}}"}
monitor_interval: 0.2
restart_delay: 0.1
stop_timeout: 1
`,
  });
  after(() => house.end());

  test('is up once its process is there, and started again when that is gone', async () => {
    await house.ensure();
    const before = await house.untilUp('daemon');
    assert.equal(readFileSync(house.path('state/services/daemon/0/d.pid'), 'utf8').trim(), String(pidOf(before, 0)));
    kill(pidOf(before, 0));
    const seen = await house.until(
      'daemon',
      'another',
      (now) => now.state === 'UP' && pidOf(now, 0) !== pidOf(before, 0),
    );
    assert.match(instanceOf(seen, 0).lastExit?.words ?? '', /is gone: .*which (is not there|has ended)/);
  });

  test('is known by its identity even when its supervisor and reaper were killed', async () => {
    const before = await house.untilUp('daemon');
    const supervisor = await house.supervisor('daemon');
    const reaper = reaperOf(pidOf(before, 0));
    kill(reaper, 'SIGSTOP');
    kill(supervisor);
    kill(reaper);
    assert.ok(isThere(pidOf(before, 0)), 'it does not live on, so nothing is tested');
    await house.ensure();
    await house.until(
      'daemon',
      'another',
      (now) => now.state === 'UP' && now.supervisor?.run !== before.supervisor?.run,
    );
    assert.equal(isThere(pidOf(before, 0)), false);
    assert.deepEqual(house.lines('overlaps'), []);
  });
});

test('ports are never given twice, however many supervisors choose at once', async () => {
  const one = 'name: One\nservice: true\ninstances: 3\ncommand: /bin/sleep 600\nports: [a, b]\n';
  const slugs = ['one', 'two', 'three', 'four'];
  const house = new ServiceHouse(Object.fromEntries(slugs.map((slug) => [slug, one])), {
    config: 'port_range: 23100-23125',
  });
  try {
    await house.ensure();
    const seen = [];
    for (const slug of slugs) seen.push(await house.untilUp(slug));
    const ports = seen.flatMap(({ instances }) => instances.flatMap((instance) => Object.values(instance.ports)));
    assert.equal(ports.length, 24);
    assert.equal(new Set(ports).size, 24);
    assert.ok(ports.every((port) => port >= 23_100 && port <= 23_125));
  } finally {
    await house.end();
  }
});
