import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { crontabFrame, outputProblem } from '../../src/crontab/frame.ts';

const config = {
  cronTemplate: '{schedule} {user} {command}\n',
  runnerPath: '/usr/bin/run-job',
  serviceUser: { name: 'svc', uid: 1, gid: 1, home: '/home/svc', shell: '/bin/sh' },
  jobDirectory: '/jobs',
  sources: ['/etc/process-control.yaml', '/etc/process-control.d/x.yaml'],
  embedded: false,
} as unknown as Config;

function frame(changes: Partial<Config>, environment: Record<string, string> = {}) {
  const answer = crontabFrame({ ...config, ...changes } as Config, environment);
  if (!answer.ok) assert.fail(answer.problems.map(({ message }) => message).join());
  return answer.value;
}

function problems(changes: Partial<Config>): string {
  const answer = crontabFrame({ ...config, ...changes } as Config, {});
  assert.ok(!answer.ok);
  return answer.problems.map(({ file, message }) => `${file}: ${message}`).join('\n');
}

test('run-job gets --config with the whole path only if a configuration was named', () => {
  assert.equal(frame({}).config, undefined);
  assert.equal(frame({ namedFile: './other.yaml', sources: ['/srv/other.yaml'] }).config, '/srv/other.yaml');
});

test('in /etc/cron.d HOME is / whoever runs cron-generate', () => {
  const { header } = frame({}, { HOME: '/root', XDG_STATE_HOME: '/x' });
  assert.deepEqual([header.home, header.settings], ['/', []]);
});

test("run-job finds a user's own process-control under cron", () => {
  const { header } = frame(
    { embedded: true },
    { HOME: '/home/other', XDG_STATE_HOME: '/state', XDG_CONFIG_HOME: 'relative' },
  );
  assert.deepEqual([header.home, header.settings], ['/home/other', ['XDG_STATE_HOME=/state']]);
  assert.equal(frame({ embedded: true }).header.home, '/home/svc');
});

test('every problem is reported, in the last file of the configuration', () => {
  const told = problems({ cronTemplate: '{user}', runnerPath: '/a b', namedFile: 'x', sources: ['/srv/my file.yaml'] });
  assert.match(
    told,
    /^\/srv\/my file\.yaml: "cron_template": .*\n.*"runner_path" .* found \/a b\n.*the path of this file .*my file\.yaml$/,
  );
});

for (const path of [
  '/usr/bin/run%job',
  '/usr/bin/run\\job',
  '/usr/bin/run;job',
  '/bin/$x',
  '/bin/\u00e4',
  "/bin/'x'",
  '/bin/~x',
  'run-job',
]) {
  test(`${path} can't be in a crontab`, () => {
    assert.match(problems({ runnerPath: path }), /"runner_path"/);
  });
}

test('the name of the output file must be one that cron reads', () => {
  assert.equal(outputProblem('/etc/cron.d/process-control'), undefined);
  assert.equal(outputProblem('/etc/cron.d/PC_2'), undefined);
  for (const name of ['a.b', '.a', 'a~', 'a b', '', '\u00e4'])
    assert.match(outputProblem(`/etc/cron.d/${name}`) ?? '', /cron skips/);
  assert.match(outputProblem(`/etc/cron.d/${'x'.repeat(240)}`) ?? '', /cronie/);
});
