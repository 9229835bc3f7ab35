/** A pause that can't be read, or can't be understood: it holds its jobs, and every program that looks says so. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Check } from '../../src/report/text/doctor.ts';
import { House, isRoot } from './house.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};
const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };

describe("a pause that can't be read", () => {
  const house = new House({});
  after(() => house.remove());
  before(async () => {
    const { code, stderr } = await house.run('cron-generate', [], asRoot);
    assert.equal(code, 0, stderr);
  });
  const mark = (slug: string) => house.path(`log/${slug}.ran`);
  for (const slug of ['held', 'free'])
    house.job(
      slug,
      `name: ${slug}\ncommand: /usr/bin/touch ${mark(slug)}\nschedule: "0 0 1 1 *"\ntags: [${slug === 'held' ? 'at night' : 'day'}]\n`,
    );
  const pauses = house.path('state/pauses');
  const ask = (...args: readonly string[]) => house.run('jobctl', args, asRoot);
  const doctor = async () => {
    const { code, stdout } = await ask('doctor', '--json');
    const checks = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Check);
    return { code, found: checks.filter(({ about }) => about === 'pauses') };
  };
  const own = (file: string) => chownSync(file, house.service.uid, house.service.gid);

  beforeEach(() => {
    if (existsSync(pauses)) chmodSync(pauses, 0o755);
    rmSync(pauses, { recursive: true, force: true });
    mkdirSync(pauses);
    own(pauses);
    for (const slug of ['held', 'free']) rmSync(mark(slug), { force: true });
  });

  const ofJob = path.join(pauses, 'job:held');
  const ofTag = path.join(pauses, 'tag:at%20night');
  const whole = (target: object) => `${JSON.stringify({ target, atMs: 1, by: 'ada' })}\n`;
  const write = (file: string, text: string) => {
    writeFileSync(file, text);
    own(file);
  };
  const closed = (file: string) => {
    write(file, whole({ job: 'held' }));
    chmodSync(file, 0);
  };
  const asFile = (directory: string) => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
  };
  const ways: readonly (readonly [string, string, RegExp, () => void])[] = [
    ['garbage', ofJob, /: it is not a pause/, () => write(ofJob, '{garbage')],
    ['empty', ofJob, /: it is not a pause/, () => write(ofJob, '')],
    ['of mode 000', ofJob, /: permission denied/, () => closed(ofJob)],
    ['a link', ofJob, /: it is a link, not a file/, () => symlinkSync('/etc/passwd', ofJob)],
    ['a copy of another', ofJob, /: it is the pause of another job or tag/, () => write(ofJob, whole({ job: 'free' }))],
    ['garbage, of a tag', ofTag, /: it is not a pause/, () => write(ofTag, '[]')],
  ];

  for (const [title, file, reason, spoil] of ways) {
    test(`and is ${title} holds its job until an operator resumes it`, async () => {
      spoil();
      const which = file === ofJob ? 'its pause' : 'the pause of tag at night';
      const words = `${which} can't be read: ${file}${reason.source}`;
      const command = file === ofJob ? 'jobctl resume held' : "jobctl resume --tag 'at night'";

      const started = await house.run('run-job', ['--job', 'held'], byClock);
      assert.match(started.stderr + (await ask('history', 'held')).stdout, new RegExp(`skipped: paused: ${words}`));
      assert.equal(started.code, 0);
      const byHand = await house.run('run-job', ['--job', 'held']);
      assert.equal(byHand.code, 75);
      assert.match(byHand.stderr, new RegExp(`held was skipped: paused: ${words} \\(${command}\\)`));
      assert.match(
        (await ask('start', 'held')).stderr,
        new RegExp(`held is paused: ${words}; to end that: ${command}`),
      );
      assert.equal(existsSync(mark('held')), false, 'it was not run');
      assert.equal((await house.run('run-job', ['--job', 'free'], byClock)).code, 0);
      assert.equal(existsSync(mark('free')), true, 'the other one was');

      assert.match((await ask('status')).stdout, new RegExp(`^held +paused .*${words}`, 'm'));
      const one = await ask('status', 'held');
      assert.equal(one.code, 3);
      assert.match(one.stdout, new RegExp(`^paused: +${words}; to end that: ${command}$`, 'm'));
      const why = await ask('why', 'held');
      assert.match(why.stdout, new RegExp(words));
      assert.match(why.stdout, new RegExp(`^ +(?:sudo )?${command}`, 'm'));
      assert.match((await ask('next', 'held')).stdout, new RegExp(`paused: ${words}`));
      assert.match((await ask('metrics')).stdout, /^processcontrol_job_paused\{job_name="held"\} 1$/m);
      assert.match((await ask('metrics')).stdout, /^processcontrol_job_paused\{job_name="free"\} 0$/m);
      assert.match((await house.run('check-jobs-icinga', [], asRoot)).stdout, new RegExp(`held is paused: ${words}`));
      const { code, found } = await doctor();
      assert.equal(code, 1);
      assert.deepEqual(
        found.map(({ is }) => is),
        ['problem'],
      );
      assert.match(found[0]?.words ?? '', new RegExp(words));
      assert.match(found[0]?.advice?.[0]?.run[0] ?? '', new RegExp(`${command} `));

      const target = file === ofJob ? ['held'] : ['--tag', 'at night'];
      const resumed = await house.run('jobctl', ['resume', ...target], asRoot);
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.match(resumed.stdout, /resumed/);
      assert.equal((await house.run('run-job', ['--job', 'held'])).code, 0);
      assert.equal(existsSync(mark('held')), true);
      assert.deepEqual((await doctor()).found, []);
    });
  }

  test('is replaced by a new pause', async () => {
    write(ofJob, '{garbage');
    const { code, stdout } = await ask('pause', 'held', '--reason', 'disk');
    assert.equal(code, 0);
    assert.match(stdout, /this replaces another pause: its pause can't be read: /);
    assert.match((await ask('status', 'held')).stdout, /^paused: +by .* until it is resumed: disk;/m);
  });

  const closings: readonly (readonly [string, RegExp, () => void])[] = [
    ['of mode 000', /: permission denied/, () => chmodSync(pauses, 0)],
    ['a file', /: it is not a directory/, () => asFile(pauses)],
  ];
  for (const [title, reason, close] of closings) {
    test(`in a directory that is ${title} keeps every job from starting, loudly`, async () => {
      close();
      const words = new RegExp(`the pauses can't be read: ${pauses}${reason.source}`);
      for (const options of [byClock, {}]) {
        const { code, stderr } = await house.run('run-job', ['--job', 'free'], options);
        assert.equal(code, 125, stderr);
        assert.match(stderr, new RegExp(`free was not started: pause: ${words.source}`));
      }
      assert.equal(existsSync(mark('free')), false);
      const started = await ask('start', 'free');
      assert.equal(started.code, 125);
      assert.match(started.stderr, words);
      const caught = await house.run('run-job', ['--catch-up'], byClock);
      assert.equal(caught.code, 125);
      assert.match(caught.stderr, words);
      for (const answer of [ask('status'), ask('status', 'free'), ask('why', 'free'), ask('next', 'free')])
        assert.match((await answer).stdout, words);
      assert.match((await ask('metrics')).stdout, /^processcontrol_job_paused\{job_name="free"\} 1$/m);
      assert.match((await ask('history', 'free')).stdout, words);
      const { code, found } = await doctor();
      assert.equal(code, 1);
      assert.match(found[0]?.words ?? '', new RegExp(`^no job is started: ${words.source}`));
      execFileSync('sh', ['-c', (found[0]?.advice?.[0]?.run[0] ?? 'false').replaceAll('sudo ', '')]);
      assert.deepEqual((await doctor()).found, [], 'the advice fixed it');
      assert.equal((await house.run('run-job', ['--job', 'free'], byClock)).code, 0);
    });
  }

  test('of mode 0600 of another user is not taken for none', { skip: isRoot ? false : 'needs root' }, async () => {
    write(ofJob, whole({ job: 'held' }));
    chownSync(ofJob, 0, 0);
    chmodSync(ofJob, 0o600);
    assert.equal((await house.run('run-job', ['--job', 'held'])).code, 75);
    for (const command of ['status', 'why', 'next'])
      assert.match((await ask(command, 'held')).stdout, /permission denied/);
  });

  test('by a user without rights is unknown to that user only', { skip: isRoot ? false : 'needs root' }, async () => {
    write(ofJob, whole({ job: 'held' }));
    chmodSync(ofJob, 0o600);
    const nobody = { as: 'root', under: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] } as const;
    assert.match((await house.run('jobctl', ['status', 'held'], nobody)).stdout, /1 record of held can't be read/);
    assert.match((await ask('status', 'held')).stdout, /^paused: +by ada/m);
    const { stdout } = await house.run('jobctl', ['doctor', '--json'], nobody);
    assert.match(stdout, /"about":"pauses","is":"unknown"/);
  });
});
