/** A file with a problem is not run, whoever starts it, and every program says the same. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { House } from './house.ts';

let house: House;
const slugs = ['never', 'terms', 'zone', 'step'];

before(() => {
  house = new House({});
  mkdirSync(house.path('ran'), { mode: 0o777 });
  const job = (schedule: string, more = '') =>
    `name: It\ncommand: touch ${house.path('ran/it')}\nschedule: "${schedule}"\n${more}`;
  house.job('never', job('0 0 30 2 *'));
  house.job('terms', job('five terms it is not'));
  house.job('step', job('0/5 * * * *'));
  house.job('zone', job('0 0 * * *', 'time_zone: Atlantis/Capital\n'));
});
after(() => house.remove());

const byTheClock = { PROCESS_CONTROL_TRIGGER: 'cron' };

for (const slug of slugs) {
  /** [what, program, arguments, exit code, environment] */
  const starters: readonly (readonly [string, string, readonly string[], number, Record<string, string>?])[] = [
    ['by hand', 'run-job', [slug], 78],
    ['as the crontab does', 'run-job', ['--job', slug], 78, byTheClock],
    ['as a line of another zone does', 'run-job', ['--due', '--job', slug], 78, byTheClock],
    ['by jobctl', 'jobctl', ['start', slug], 78],
    ['by jobctl and waited for', 'jobctl', ['start', slug, '--wait'], 78],
    ['as a rehearsal', 'run-job', ['--rehearse', slug], 78],
  ];
  for (const [what, program, args, code, environment = {}] of starters) {
    test(`${slug}, started ${what}, does not run, and its problem is named`, async () => {
      const answer = await house.run(program, args, { environment });
      assert.deepEqual([answer.code, existsSync(house.path('ran/it'))], [code, false], answer.stderr);
      assert.match(answer.stderr, new RegExp(`${slug}\\.yaml:\\d+:\\d+: "(?:schedule|time_zone)"`));
    });
  }

  test(`status, why and --check name the problem of ${slug}`, async () => {
    assert.match((await house.run('run-job', ['--status', slug])).stdout, /\*\*\*Invalid configuration\*\*\*/);
    assert.match((await house.run('jobctl', ['why', slug])).stdout, /has problems, so it is not run/);
    assert.match((await house.run('jobctl', ['status', slug])).stdout, /schedule|time_zone/);
    assert.equal((await house.run('cron-generate', ['--check'], { as: 'root' })).code, 1);
  });
}

test('a wrong default schedule stops the jobs without one of their own', async () => {
  const other = new House(
    { plain: 'name: It\ncommand: /bin/true\n' },
    {
      config: 'default_job_config: {schedule: "0/5 * * * *"}',
    },
  );
  try {
    const { code, stderr } = await other.run('run-job', ['plain']);
    assert.equal(code, 78);
    assert.match(stderr, /\(from default_job_config\)/);
    writeFileSync(other.path('jobs/plain.yaml'), 'name: It\ncommand: /bin/true\nschedule: "5 * * * *"\n');
    assert.equal((await other.run('run-job', ['plain'])).code, 0);
  } finally {
    other.remove();
  }
});
