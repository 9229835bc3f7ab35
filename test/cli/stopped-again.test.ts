/** A supervisor that is stopped again and again (SIGSTOP): jobctl stop kills it, and ends what it leaves. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import process from 'node:process';
import { after, test } from 'node:test';
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
  stopper.kill();
  await stopperEnd;
  // Between two stops it may have ended its instances and recorded that, and been stopped again before its own last step.
  if (isThere(supervisor)) process.kill(supervisor, 'SIGCONT');
  await until('the end of the supervisor', () => !isThere(supervisor));
  for (const pid of [supervisor, ...service.instances.map((one) => one.pid)]) assert.equal(isThere(pid), false);
  const status = await house.run('jobctl', ['status', 'web']);
  assert.equal(status.code, 3, status.stdout);
  assert.match(status.stdout, /state: +DOWN/);
});
