/**
 * The supervisor in virtual time: its starts, stops, records and notices, and that no timer or
 * watch is left when it ends.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterCommand, readDesired, writeDesired } from '../../src/service/desired.ts';
import { ServiceScene, settled } from '../fakes/service.ts';

const exits = (code: number) => ({ is: 'exited', code }) as const;

function say(scene: ServiceScene, command: 'start' | 'stop' | 'restart' | 'reset', instance?: number): void {
  const all = readDesired(scene.state, 'web');
  const target = instance === undefined ? { slug: 'web' } : { slug: 'web', instance };
  const before = instance === undefined ? all.service : all.instance(instance);
  writeDesired(scene.state, target, afterCommand(before, command, { atMs: scene.clock.nowMs(), by: 'ada' }));
}

async function up(more: string): Promise<ServiceScene> {
  const scene = new ServiceScene(more);
  await scene.begin();
  return scene;
}

test('all instances are started, each with its own environment', async () => {
  const scene = await up(
    'command: /bin/w {{instance}} {{ports[http]}}\nports: [http]\ninstances: 3\nenvironment: {WHO: "%(name)s-{{instance}}"}',
  );
  assert.deepEqual(scene.running, [0, 1, 2]);
  assert.equal(scene.shown, 'UP: up up up');
  const { argv, environment, workingDirectory } = scene.command(2).launch;
  assert.equal(workingDirectory, '/state/services/web/2');
  assert.deepEqual([environment.JOB_NAME, environment.JOB_INSTANCE, environment.WHO], ['web', '2', 'web-2']);
  assert.deepEqual(argv, ['/bin/w', '2', environment.PORT_HTTP ?? 'no port']);
  const ports = scene.endpoints?.instances.map((one) => one.ports.http);
  assert.equal(new Set(ports).size, 3);
});

test('an instance that dies is started again on its ports after a delay, and the others are left alone', async () => {
  const scene = await up('command: /bin/w\nports: [http]\ninstances: 2');
  const before = scene.command(0).launch.environment.PORT_HTTP;
  const other = scene.command(1);
  scene.command(0).end(exits(1));
  await settled(scene, 500);
  assert.equal(scene.shown, 'DEGRADED: backoff up');
  await settled(scene, 1000);
  assert.equal(scene.shown, 'UP: up up');
  assert.equal(scene.command(0).launch.environment.PORT_HTTP, before);
  assert.equal(scene.command(1), other);
  assert.equal(scene.record.instances[0]?.lastExit?.words, 'exited with code 1');
});

test('an instance that dies too often has failed: one notice is sent, and a reset starts it again', async () => {
  const scene = await up('command: /bin/w\nrespawn_limit: 2 60\nrestart_delay: 1');
  for (let death = 0; death < 3; death += 1) {
    scene.command(0).end(exits(7));
    await settled(scene, 5000);
  }
  assert.equal(scene.shown, 'FAILED: failed');
  assert.match(scene.record.instances[0]?.reason ?? '', /died 3 times/);
  await settled(scene, 3_600_000);
  assert.equal(scene.commands.length, 3);
  assert.deepEqual(
    scene.notices.map(({ what, state }) => [what, state]),
    [['worse', 'FAILED']],
  );
  say(scene, 'reset');
  await settled(scene);
  assert.equal(scene.shown, 'UP: up');
  await settled(scene, 301_000);
  assert.deepEqual(
    scene.notices.map(({ what }) => what),
    ['worse', 'recovered'],
  );
});

test('the next supervisor does not repeat the notice of the one before', async () => {
  const scene = await up('command: /bin/w\nrestart: never');
  scene.command(0).end(exits(1));
  await settled(scene, 1000);
  scene.forget();
  await scene.begin();
  await settled(scene, 600_000);
  assert.deepEqual(
    scene.notices.map(({ what }) => what),
    ['worse'],
  );
});

test('a failed service is still FAILED for the next supervisor, on this boot and the next', async () => {
  const scene = await up('command: /bin/w\nrestart: never');
  scene.command(0).end(exits(1));
  await settled(scene, 1000);
  for (const boot of ['boot-1', 'boot-2']) {
    scene.forget();
    scene.boot = boot;
    await scene.begin();
    assert.equal(scene.shown, 'FAILED: failed', boot);
  }
  assert.equal(scene.commands.length, 1);
});

test('deaths under one supervisor count for the next, whether it was killed or stopped, until a reset', async () => {
  const die = async (scene: ServiceScene, ms: number) => {
    scene.command(0).end(exits(7));
    await settled(scene, ms);
  };
  for (const how of ['killed', 'stopped'] as const) {
    const scene = await up('command: /bin/w\nrespawn_limit: 2 3600\nrestart_delay: 1');
    await die(scene, 20_000);
    await die(scene, 100);
    assert.equal(scene.shown, 'DEGRADED: backoff', how);
    if (how === 'stopped') {
      scene.fakes.stops.request(15);
      await settled(scene, 1000);
    }
    scene.forget();
    await scene.begin();
    const { quickDeaths, deathsMs, restarts } = scene.record.instances[0] ?? assert.fail();
    assert.deepEqual([quickDeaths, deathsMs.length, restarts], [2, 2, 1], how);
    await settled(scene, 20_000);
    assert.equal(scene.shown, 'UP: up', how);
    await die(scene, 1000);
    assert.equal(scene.shown, 'FAILED: failed', how);
  }
});

test('an instance whose probe fails is ended and started again; a probe that can not run changes nothing', async () => {
  const scene = await up(
    'command: /bin/w\nports: [http]\nhealth_check: {tcp: http, interval: 10, initial_interval: 5}',
  );
  assert.equal(scene.shown, 'UP: up');
  scene.probe = () => Promise.resolve({ is: 'unknown', reason: 'no files left' });
  await settled(scene, 60_000);
  assert.equal(scene.commands.length, 1);
  assert.deepEqual(scene.record.instances[0]?.health, { is: 'unknown', reason: 'no files left' });
  scene.probe = () => Promise.resolve({ is: 'failure', reason: 'refused' });
  const first = scene.command(0);
  await settled(scene, 10_000);
  assert.deepEqual(first.graces, [10_000]);
  scene.probe = () => Promise.resolve({ is: 'success' });
  await settled(scene, 2000);
  assert.equal(scene.commands.length, 2);
  assert.equal(scene.shown, 'UP: up');
  assert.match(scene.record.instances[0]?.lastExit?.words ?? '', /did not answer and was ended: refused/);
});

test('a snoozed instance is not probed until the snooze is over', async () => {
  const scene = await up(
    'command: /bin/w\nports: [http]\nhealth_check: {tcp: http, initial_interval: 0, snooze_max: 600}',
  );
  scene.probe = () => Promise.resolve({ is: 'failure', reason: 'refused' });
  scene.snooze = { writtenMs: scene.clock.nowMs(), text: '' };
  const { probes } = scene;
  await settled(scene, 500_000);
  assert.equal(scene.probes, probes);
  assert.equal(scene.record.instances[0]?.health?.is, 'snoozed');
  assert.equal(scene.commands.length, 1);
  await settled(scene, 120_000);
  assert.ok(scene.commands.length > 1);
});

test('a late answer about an earlier life is ignored', async () => {
  const answers: ((answer: { is: 'failure'; reason: string }) => void)[] = [];
  const scene = new ServiceScene('command: /bin/w\nports: [http]\nhealth_check: {tcp: http, initial_interval: 0}');
  scene.probe = () => new Promise((resolve) => answers.push(resolve));
  await scene.begin();
  scene.command(0).end(exits(1));
  await settled(scene, 2000);
  assert.equal(scene.commands.length, 2);
  answers[0]?.({ is: 'failure', reason: 'late' });
  await settled(scene);
  assert.equal(scene.shown, 'DEGRADED: starting');
});

test('a changed number of instances takes effect at once and leaves the other instances alone', async () => {
  const scene = await up('command: /bin/w\ninstances: 2');
  const [first, second] = [scene.command(0), scene.command(1)];
  await scene.write('command: /bin/w\ninstances: 4');
  assert.deepEqual(scene.running, [0, 1, 2, 3]);
  assert.deepEqual([scene.command(0), scene.command(1)], [first, second]);
  await scene.write('command: /bin/w\ninstances: 1');
  assert.deepEqual(scene.running, [0]);
  assert.equal(scene.command(0), first);
  assert.equal(scene.shown, 'UP: up');
});

test('a changed command applies to each instance at its next start, and until then the record says so', async () => {
  const scene = await up('command: /bin/old\ninstances: 2');
  await scene.write('command: /bin/new\ninstances: 2');
  assert.deepEqual(
    scene.record.instances.map(({ changed }) => changed),
    [true, true],
  );
  scene.command(0).end(exits(0));
  await settled(scene, 2000);
  assert.deepEqual([scene.command(0).launch.argv[0], scene.command(1).launch.argv[0]], ['/bin/new', '/bin/old']);
  assert.deepEqual(
    scene.record.instances.map(({ changed }) => changed),
    [undefined, true],
  );
});

test('a restart is rolling: the next instance is stopped only when the one before it is up', async () => {
  const scene = await up('command: /bin/w\ninstances: 3\nports: [http]\nhealth_check: {tcp: http}');
  const answers: (() => void)[] = [];
  scene.probe = () => new Promise((resolve) => answers.push(() => resolve({ is: 'success' })));
  const before = [0, 1, 2].map((n) => scene.command(n));
  say(scene, 'restart');
  await settled(scene, 1000);
  assert.deepEqual(
    before.map(({ graces }) => graces.length),
    [1, 0, 0],
  );
  assert.deepEqual(scene.record.rolling, [1, 2]);
  await settled(scene, 60_000);
  assert.deepEqual(
    before.map(({ graces }) => graces.length),
    [1, 0, 0],
  );
  // Answers every probe that is under way.
  scene.probe = () => Promise.resolve({ is: 'success' });
  for (const answer of answers) answer();
  await settled(scene, 30_000);
  assert.deepEqual(
    before.map(({ graces }) => graces.length),
    [1, 1, 1],
  );
  assert.equal(scene.shown, 'UP: up up up');
  assert.equal(scene.record.rolling, undefined);
});

test('a single instance can be stopped, started and restarted', async () => {
  const scene = await up('command: /bin/w\ninstances: 2');
  say(scene, 'stop', 1);
  await settled(scene);
  assert.equal(scene.shown, 'DEGRADED: up down');
  say(scene, 'start', 1);
  await settled(scene);
  assert.equal(scene.shown, 'UP: up up');
  const other = scene.command(0);
  say(scene, 'restart', 1);
  await settled(scene);
  assert.equal(scene.commands.length, 4);
  assert.equal(scene.command(0), other);
});

for (const [how, act] of [
  ['an operator stops it', (scene: ServiceScene) => say(scene, 'stop')],
  ['its file is removed', (scene: ServiceScene) => scene.write(undefined)],
  ['its file disables it', (scene: ServiceScene) => scene.write('command: /bin/w\ninstances: 2\ndisabled: true')],
] as const) {
  test(`everything is ended and no timer is left when ${how}`, async () => {
    const scene = await up('command: /bin/w\ninstances: 2\nports: [http]\nhealth_check: {tcp: http}');
    await act(scene);
    await settled(scene, 5000);
    assert.deepEqual(scene.ended, { is: 'down' });
    assert.deepEqual(scene.running, []);
    assert.equal(scene.clock.armed, 0);
    assert.equal(scene.shown, 'DOWN: down down');
    assert.equal(scene.endpoints, undefined);
    assert.deepEqual(scene.notices, []);
  });
}

test('a signal ends everything, a second one faster; after SIGHUP the supervisor only reads its files', async () => {
  const scene = await up('command: /bin/w\nstop_timeout: 60');
  scene.fakes.stops.request(1);
  await settled(scene);
  assert.equal(scene.ended, undefined);
  const command = scene.command(0);
  command.ignoresStop = true;
  scene.fakes.stops.request(15);
  await settled(scene);
  assert.equal(scene.ended, undefined);
  scene.fakes.stops.request(15);
  await settled(scene, 10_000);
  assert.deepEqual(command.graces.slice(0, 2), [60_000, 0]);
  assert.deepEqual(scene.ended, { is: 'signal', signal: 15 });
  assert.equal(scene.clock.armed, 0);
});

test('a file with problems leaves the service running as it is, and the record says so', async () => {
  const scene = await up('command: /bin/w\ninstances: 2');
  await scene.write('command: /bin/w\ninstances: many');
  assert.deepEqual(scene.running, [0, 1]);
  assert.match(scene.record.problems?.[0] ?? '', /"instances" must be a whole number/);
  await scene.write('command: /bin/w\ninstances: 1');
  assert.deepEqual(scene.running, [0]);
  assert.equal(scene.record.problems, undefined);
});

test('a process that survives SIGKILL is named, and its instance is not started again before it is gone', async () => {
  const scene = await up('command: /bin/w');
  const command = scene.command(0);
  command.survivors = [{ pid: 66, command: 'stuck on a disk' }];
  say(scene, 'restart', 0);
  await settled(scene, 20_000);
  assert.equal(scene.commands.length, 1);
  assert.equal(scene.record.instances[0]?.reason, 'could not be killed: 66 stuck on a disk');
  command.survivors = [];
  await settled(scene, 6000);
  assert.equal(scene.commands.length, 2);
  assert.equal(scene.shown, 'UP: up');
});

test('a daemon is watched by its pid file and started again when its process is gone', async () => {
  const scene = new ServiceScene('command: /bin/d\npid_file: d.pid\nmonitor_interval: 20');
  await scene.begin();
  scene.commands[0]?.end(exits(0));
  await settled(scene);
  assert.equal(scene.shown, 'UP: up');
  assert.equal(scene.record.instances[0]?.process?.pid, 99);
  scene.process = { missing: 'there is no d.pid' };
  await settled(scene, 19_000);
  assert.equal(scene.shown, 'UP: up');
  await settled(scene, 1500);
  assert.equal(scene.shown, 'DEGRADED: backoff');
  assert.equal(scene.commands[0]?.graces.length, 1);
  assert.equal(scene.record.instances[0]?.lastExit?.words, 'is gone: there is no d.pid');
});

test('a service that dies each minute is one alarm', async () => {
  const scene = await up('command: /bin/w\nrestart_delay: 120');
  for (let death = 0; death < 20; death += 1) {
    scene.command(0).end(exits(1));
    await settled(scene, 310_000);
  }
  assert.deepEqual(
    scene.notices.map(({ what }) => what),
    ['worse'],
  );
  await settled(scene, 600_000);
  assert.deepEqual(
    scene.notices.map(({ what }) => what),
    ['worse', 'recovered'],
  );
});
