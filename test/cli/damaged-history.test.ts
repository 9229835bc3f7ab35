/** A history that is damaged, or that the service user can't read: what it would say is unknown, and what fixes it is said. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { after, beforeEach, describe, test } from 'node:test';
import type { Check } from '../../src/report/text/doctor.ts';
import { House, isRoot } from './house.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};

describe('a history that does not say how the job is', () => {
  const house = new House({ good: 'name: Good\ncommand: /bin/true\nschedule: "* * * * *"\n' });
  after(() => house.remove());
  const file = house.path('state/history/good.jsonl');
  const ask = (...args: readonly string[]) => house.run('jobctl', args, asRoot);
  const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };
  beforeEach(async () => {
    for (const name of ['history', 'ticks', 'claims'])
      rmSync(house.path(`state/${name}`), { recursive: true, force: true });
    rmSync(`${file}.damaged`, { force: true });
    assert.equal((await house.run('run-job', ['--job', 'good'], byClock)).code, 0);
    assert.match((await ask('status', 'good')).stdout, /^last run: .* succeeded/m);
  });

  const ways: readonly (readonly [string, RegExp, () => void, 'needs root'?])[] = [
    ['garbage', /its last line is damaged/, () => writeFileSync(file, '{garbage\n')],
    ['garbage without an end', /its last line is damaged/, () => writeFileSync(file, '{garbage')],
    ['damaged at its end', /its last 2 lines are damaged/, () => appendFileSync(file, '\0\0\0\0\n{"event":"ended"\n')],
    ['empty', /it is empty/, () => truncateSync(file, 0)],
    ['gone, though there are logs of runs', /it is missing, though \S*log\/good has logs of runs/, () => rmSync(file)],
    [
      "root's, of mode 0600",
      /may not read it/,
      () => {
        chownSync(file, 0, 0);
        chmodSync(file, 0o600);
      },
      'needs root',
    ],
  ];

  for (const [title, reason, spoil, needs] of ways) {
    test(`and is ${title} makes it unknown`, { skip: needs === undefined || isRoot ? false : needs }, async () => {
      spoil();
      const words = new RegExp(`its history can't be read: ${file}: .*${reason.source}`);
      const all = await ask('status');
      assert.match(all.stdout, /^good +unknown /m);
      assert.match(all.stdout, words);
      const one = await ask('status', 'good');
      assert.equal(one.code, 4);
      assert.match(one.stdout, words);
      const why = await ask('why', 'good');
      assert.match(why.stdout, words);
      if (title !== 'damaged at its end') assert.equal(why.code, 4, why.stdout);
      if (title !== 'damaged at its end')
        assert.match(
          why.stdout,
          /^good has a tick at .*, and whether it ran can't be known: its history can't be read: /,
        );
      assert.doesNotMatch(why.stdout, /did not run|was killed/);
      const history = await ask('history', 'good');
      assert.equal(history.code, 1);
      assert.match(history.stderr, words);
      const metrics = (await ask('metrics')).stdout;
      assert.doesNotMatch(metrics, /^processcontrol_job_(?:last|runs|consecutive)\w*\{job_name="good"/m);
      const doctor = async () =>
        (await ask('doctor', '--json')).stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Check)
          .find(({ about }) => about === 'runs');
      const check = await doctor();
      assert.equal(check?.is, 'warning');
      assert.match(check?.words ?? '', new RegExp(`a history can't be read: ${file}: .*${reason.source}`));
      const advice = check?.advice?.flatMap(({ run }) => run) ?? [];
      assert.ok(advice.length > 0);
      for (const command of advice.filter((each) => needs !== undefined && each.startsWith('sudo ')))
        execFileSync('sh', ['-c', command.replace('sudo ', '')]);
      if (needs === undefined) assert.equal((await house.run('run-job', ['--job', 'good'])).code, 0);
      assert.doesNotMatch((await doctor())?.words ?? '', /can't be read/);
      for (const { stdout } of [all, one, why, history]) assert.doesNotMatch(stdout, /never[- ]run/);
    });
  }

  test('a job that has never run is never-run, also for a reader to whom the output directory is closed', {
    skip: isRoot ? false : 'needs root',
  }, async () => {
    house.job('fresh', 'name: Fresh\ncommand: /bin/true\n');
    chmodSync(house.path('log'), 0o750);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const seen = await house.run('jobctl', ['status', 'fresh'], { as: 'root', under: nobody });
    chmodSync(house.path('log'), 0o755);
    assert.match(seen.stdout, /^state: +never-run$/m);
    assert.match((await ask('status', 'fresh')).stdout, /^state: +never-run$/m);
  });

  test('is known again after the next run', async () => {
    appendFileSync(file, '{garbage\n');
    assert.equal((await ask('status', 'good')).code, 4);
    assert.equal((await house.run('run-job', ['--job', 'good'])).code, 0);
    assert.match((await ask('status')).stdout, /^good +(?:ok|overdue) /m);
  });
});
