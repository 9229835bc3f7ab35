/** A supervisor that is stopped again and again (SIGSTOP): jobctl stop kills it, and ends what it leaves. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { startMailServer } from '../fakes/mail-server.ts';
import { ended, until } from './house.ts';
import { isThere, ServiceHouse } from './serving.ts';

const house = new ServiceHouse({
  web: 'name: Web\nservice: true\ninstances: 2\ncommand: sleep 1000\nstop_timeout: 1\n',
});
after(() => house.end());

test('jobctl stop of a service whose supervisor is kept stopped ends in bounded time', async () => {
  assert.equal((await house.run('jobctl', ['start', 'web', '--wait'])).code, 0);
  const { stdout } = await house.run('jobctl', ['status', 'web', '--json']);
  const { service } = JSON.parse(stdout) as {
    service: { supervisor: { pid: number }; instances: readonly { pid: number }[] };
  };
  const supervisor = service.supervisor.pid;
  // Until there is no such process any more.
  const stopper = spawn('/bin/sh', ['-c', `while kill -STOP ${supervisor} 2>/dev/null; do :; done`]);
  const stopperEnd = ended(stopper);
  after(() => stopper.kill());
  const { code, stdout: told, stderr } = await house.run('jobctl', ['stop', 'web']);
  assert.equal(code, 0, stderr);
  assert.match(told, /web has ended\.\n$/);
  for (const pid of [supervisor, ...service.instances.map((one) => one.pid)]) assert.equal(isThere(pid), false);
  stopper.kill();
  await stopperEnd;
  const status = await house.run('jobctl', ['status', 'web']);
  assert.equal(status.code, 3, status.stdout);
  assert.match(status.stdout, /state: +DOWN/);
});

/** A mail server that does not answer before it is told to. */
async function slowMailServer() {
  const server = await startMailServer();
  const gate = new EventEmitter();
  const open = once(gate, 'open');
  const door = createServer((socket) => {
    socket.on('error', () => undefined);
    void open.then(() => {
      const through = connect(server.port, '127.0.0.1');
      through.on('error', () => socket.destroy());
      socket.pipe(through).pipe(socket);
    });
  });
  const asked = once(door, 'connection');
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  after(async () => {
    door.close();
    await server[Symbol.asyncDispose]();
  });
  return { server, asked, answer: () => gate.emit('open'), port: (door.address() as AddressInfo).port };
}

/** A house whose outbox takes nothing, so that a supervisor sends its mail itself, as its last step. */
function houseWithoutOutbox(port: number): ServiceHouse {
  const mailing = new ServiceHouse({ dying }, { config: `mail: {smtp: {host: 127.0.0.1, port: ${port}}}` });
  writeFileSync(mailing.path('state/notices'), '');
  return mailing;
}

const dying = `name: Dying
service: true
command: sh -c "exit 3"
respawn_limit: 1 60
restart_delay: 0
failmail: {to_address: ops@example.org}
`;

test('a stop waits for the supervisor itself, names the one that is at its last step, and cuts off no mail', async () => {
  const { server, asked, answer, port } = await slowMailServer();
  const mailing = houseWithoutOutbox(port);
  try {
    await mailing.run('jobctl', ['start', 'dying']);
    const supervisor = await mailing.supervisor('dying');
    await asked;
    const stop = await mailing.run('jobctl', ['stop', 'dying']);
    assert.deepEqual([stop.code, stop.stdout], [0, 'dying will be kept down\ndying has ended.\n']);
    assert.match(
      stop.stderr,
      new RegExp(`^jobctl: dying has ended; its supervisor \\(pid ${supervisor}\\) is still exiting`),
    );
    assert.ok(isThere(supervisor));
    answer();
    await until('the mail', () => server.received.length === 1);
    await until('the end of the supervisor', () => !isThere(supervisor));
  } finally {
    await mailing.end();
  }
});

test('a supervisor that is kept stopped at its last step is gone when the stop says that the service has ended', async () => {
  const { asked, port } = await slowMailServer();
  const mailing = houseWithoutOutbox(port);
  try {
    await mailing.run('jobctl', ['start', 'dying']);
    const supervisor = await mailing.supervisor('dying');
    await asked;
    const stop = mailing.run('jobctl', ['stop', 'dying']);
    await until('the lock to be free', async () => (await mailing.status('dying')).supervisor === undefined);
    const stopper = spawn('/bin/sh', ['-c', `while kill -STOP ${supervisor} 2>/dev/null; do :; done`]);
    after(() => stopper.kill());
    assert.deepEqual([(await stop).code, (await stop).stderr], [0, '']);
    assert.equal(isThere(supervisor), false);
  } finally {
    await mailing.end();
  }
});
