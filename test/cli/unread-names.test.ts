/** A job file with another ending than .yaml is never read; every program that looks at the directory says so. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { House } from './house.ts';

const good = 'name: Say hello\ncommand: /bin/echo hello\nschedule: "5 4 * * *"\nfailmail: {to_address: root}\n';
let house: House;

before(() => {
  house = new House({ fine: good });
  writeFileSync(house.path('jobs/other.yml'), good);
  writeFileSync(house.path('jobs/.fine.yaml.swp'), '');
  mkdirSync(house.path('jobs/nested'));
  writeFileSync(house.path('jobs/nested/deep.yaml'), good);
});
after(() => house.remove());

/** [program, arguments, the stream that has the words] */
const readers: readonly (readonly [string, readonly string[], 'stdout' | 'stderr'])[] = [
  ['cron-generate', ['--check'], 'stderr'],
  ['cron-generate', ['--plan'], 'stderr'],
  ['cron-generate', ['--output', '-'], 'stderr'],
  ['cron-generate', ['--json', '--check'], 'stdout'],
  ['jobctl', ['check'], 'stdout'],
  ['jobctl', ['check', '--json'], 'stdout'],
  ['jobctl', ['status'], 'stderr'],
  ['jobctl', ['next'], 'stderr'],
  ['run-job', ['--list-jobs'], 'stderr'],
  ['run-job', ['--status'], 'stderr'],
];

for (const [program, args, stream] of readers) {
  test(`${program} ${args.join(' ')} warns of other.yml and of the directory`, async () => {
    const answer = await house.run(program, args, { as: 'root' });
    assert.match(answer[stream], /other\.yml.*is not read, because its name does not end in \W*\.yaml/);
    assert.match(answer[stream], /nested.*deep\.yaml\W+in it is not read/);
    assert.doesNotMatch(answer.stdout + answer.stderr, /swp/);
  });
}

for (const [program, args] of [
  ['run-job', ['other']],
  ['run-job', ['--rehearse', 'other']],
  ['jobctl', ['start', 'other']],
  ['jobctl', ['status', 'other']],
  ['jobctl', ['why', 'other']],
] as const) {
  test(`${program} ${args.join(' ')} says why there is no such job`, async () => {
    const { code, stderr } = await house.run(program, args);
    assert.equal(code, 64);
    assert.match(stderr, /there is no job "other".*; \S+\/other\.yml is not read: rename it to "other\.yaml"/);
  });
}

test('jobctl check FILE judges the name as well, cron-generate --validate takes any', async () => {
  const file = house.path('jobs/other.yml');
  const checked = await house.run('jobctl', ['check', file]);
  assert.deepEqual([checked.code, checked.stdout], [1, '']);
  assert.match(checked.stderr, /other\.yml: this file is not read, .* rename it to "other\.yaml"/);
  assert.equal((await house.run('cron-generate', ['--validate', file])).code, 0);
  for (const name of ['fine.yaml.new', 'two words.yaml', '-x.yaml', 'fine']) {
    renameSync(file, house.path(name));
    const answer = await house.run('jobctl', ['check', house.path(name), '--json']);
    assert.equal(answer.code, 1, name);
    assert.equal(JSON.parse(answer.stdout).problems.length, 1, name);
    assert.equal((await house.run('cron-generate', ['--validate', house.path(name)])).code, 0, name);
    renameSync(house.path(name), file);
  }
});

test('starts by the clock print nothing about such a name', async () => {
  for (const args of [['--ensure'], ['--catch-up']]) {
    const environment = { PROCESS_CONTROL_TRIGGER: 'cron' };
    assert.equal((await house.run('run-job', args, { environment })).stderr, '', args.join(' '));
  }
});
