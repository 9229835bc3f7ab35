/** Everything else that the service user's programs are started for has the fixed world too: instances, probes, commands of notices. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { hostLocale } from '../../src/system/user/locale.ts';
import { whole } from '../waiting.ts';
import { hostile } from './hostile-world.ts';
import { isRoot, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const locale = Object.entries(hostLocale().variables).map(([name, value]) => `${name}=${value}`);

/** As execve(2) was given it; ids become ID. */
function environIn(text: string): readonly string[] {
  const lines = text.split('\0').filter(Boolean);
  return lines.map((line) => (line.startsWith('PROCESS_CONTROL_') ? line.replaceAll(/[\w-]+(?=\/|$)/g, 'ID') : line));
}

describe('the world of services, probes and commands of notices', () => {
  const house = new ServiceHouse({}, { config: 'path: /opt/tools/bin:/usr/bin:/bin\npass_environment: [PASSED]' });
  const probeFile = path.join(house.play, 'probe');
  const noticeFile = path.join(house.play, 'notice');
  house.job(
    'web',
    `name: Web
service: true
command: /bin/sleep 1000
health_check: {command: /bin/cp -f /proc/self/environ ${probeFile}, interval: 1, initial_interval: 0, timeout: 60}
`,
  );
  house.job(
    'fails',
    `name: Fails\ncommand: /bin/false\nnotify: [{command: /bin/cp -f /proc/self/environ ${noticeFile}, on: [failure]}]\n`,
  );
  after(() => house.end());
  const { service } = house;
  const basis = [
    ...locale,
    'PATH=/opt/tools/bin:/usr/bin:/bin',
    `HOME=${service.home}`,
    `USER=${service.name}`,
    `LOGNAME=${service.name}`,
    'SHELL=/bin/sh',
  ];

  async function seenAfter(start: () => Promise<unknown>) {
    rmSync(probeFile, { force: true });
    await start();
    const up = await house.untilUp('web');
    const pid = up.instances[0]?.pid ?? 0;
    const probe = await until('a probe', () => whole(probeFile, '\0'));
    const seen = { instance: environIn(readFileSync(`/proc/${pid}/environ`, 'utf8')), probe: environIn(probe) };
    await house.run('jobctl', ['stop', 'web']);
    return seen;
  }

  test('an instance and its probe get the same environment, whoever starts the service', async () => {
    const expected = (folder: string) => [
      ...basis,
      `PWD=${folder}`,
      'JOB_NAME=web',
      'JOB_INSTANCE=0',
      'PROCESS_CONTROL_RUN_ID=ID/ID',
    ];
    const starters: readonly [string, () => Promise<unknown>][] = [
      ['cron', () => house.ensure()],
      ['jobctl', () => house.run('jobctl', ['start', 'web'], { environment: hostile })],
      ...(isRoot
        ? [
            ['root', () => house.run('jobctl', ['start', 'web'], { environment: hostile, as: 'root' })] as [
              string,
              () => Promise<unknown>,
            ],
          ]
        : []),
    ];
    for (const [who, start] of starters) {
      const { instance, probe } = await seenAfter(start);
      const folder = instance.find((line) => line.startsWith('PWD='))?.slice(4) ?? '';
      assert.ok(folder.startsWith(house.path('state')), `${who}: ${folder}`);
      assert.deepEqual(instance, expected(folder), who);
      assert.deepEqual(probe, expected(folder), who);
    }
  });

  test('the command of a notice gets the basic environment and the fields of the notice', async () => {
    const { code } = await house.run('run-job', ['fails'], { environment: hostile });
    assert.equal(code, 1);
    const seen = environIn(await until('the notice', () => whole(noticeFile, '\0')));
    assert.deepEqual(
      seen.filter((line) => !line.startsWith('PROCESS_CONTROL_NOTICE_')),
      [...basis, `PWD=${service.home}`],
    );
    assert.equal(seen.filter((line) => line.startsWith('PROCESS_CONTROL_NOTICE_')).length, 8);
  });

  test('only variables that the configuration and the job pass on come from the caller', async () => {
    house.job('passes', 'name: Passes\ncommand: /usr/bin/env\npass_environment: [TOKEN_NAME, NOT_SET]\n');
    const given = { ...hostile, PASSED: 'one', TOKEN_NAME: 'two' };
    assert.equal((await house.run('run-job', ['passes'], { environment: given })).code, 0);
    const lines = house
      .log('passes')
      .split('\n')
      .flatMap((line) => line.split('\tINFO\t').slice(1))
      .filter((line) => /^\w+=/.test(line));
    const passed = ['PASSED=one', 'TOKEN_NAME=two'];
    assert.deepEqual(
      lines.filter((line) => passed.includes(line)),
      passed,
    );
    assert.equal(lines.length, basis.length + passed.length + 3);
  });
});
