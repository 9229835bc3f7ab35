import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { type MailServer, startMailServer } from '../fakes/mail-server.ts';
import { deliverersGone } from './deliverers.ts';
import { ended, House, until } from './house.ts';

describe('failures are recorded and mailed', () => {
  let server: MailServer;
  let house: House;
  const failmail = 'failmail: {from_address: "Fail Mail <jobs@example.org>", to_address: ops@example.org}\n';
  const subjects = () => server.received.map(({ mail }) => mail.subject ?? '');
  const mailsOf = (slug: string) => server.received.filter(({ mail }) => mail.subject?.includes(`(${slug})`));

  before(async () => {
    server = await startMailServer();
    const defaults = 'default_job_config: {failmail: {from_address: d@example.org, to_address: default@example.org}}';
    house = new House(
      {
        third: `name: Third time\ncommand: sh -c 'echo last words; exit 4'\nfailure_threshold_for_mail: 3\n${failmail}`,
        dies: `name: Dies\ncommand: sleep 600\n${failmail}`,
        broken: 'name: Broken\ncommand: [unclosed\n',
        quiet: `name: Quiet\ncommand: /bin/true\n${failmail}`,
      },
      { config: `mail: {smtp: {host: 127.0.0.1, port: ${server.port}}}\n${defaults}` },
    );
  });
  after(async () => {
    await deliverersGone(house);
    house.remove();
    await server[Symbol.asyncDispose]();
  });

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));

  test('a mail goes out for each failure from the third in a row on, with what, where, since when and the last lines', async () => {
    for (let i = 0; i < 4; i += 1) assert.equal((await house.run('run-job', ['third'])).code, 4);
    await deliverersGone(house);
    assert.equal(mailsOf('third').length, 2);
    const [first, second] = mailsOf('third').map(({ mail }) => mail);
    assert.match(
      first?.subject ?? '',
      /^Fail Mail : Third time \(third\) failed with exit code 4 \(3rd time in a row\) on /,
    );
    assert.match(second?.subject ?? '', /\(4th time in a row\)/);
    for (const part of [/last words/, /Failures in a row: 3/, /run-job --job third/, /third-\d{8}-\d{6}(-\d)?\.log/]) {
      assert.match(first?.text ?? '', part);
    }
    assert.deepEqual(mailsOf('third')[0]?.recipients, ['ops@example.org']);
    assert.equal(first?.from?.text, '"Fail Mail" <jobs@example.org>');
  });

  test('a success sends nothing', async () => {
    const before = server.received.length;
    assert.equal((await house.run('run-job', ['quiet'])).code, 0);
    await deliverersGone(house);
    assert.equal(server.received.length, before);
  });

  test('without a from_address the mail is from the service user at this host', async () => {
    house.job('nobody', 'name: Nobody\ncommand: /bin/false\nfailmail: {to_address: ops@example.org}\n');
    await house.run('run-job', ['nobody']);
    await until('the mail', () => mailsOf('nobody').length === 1);
    assert.match(mailsOf('nobody')[0]?.mail.from?.text ?? '', new RegExp(`^"Fail Mail" <${house.service.name}@`));
  });

  test('a file with problems is mailed once to the recipients of the defaults, not at every tick', async () => {
    for (let i = 0; i < 3; i += 1) {
      assert.equal(
        (await house.run('run-job', ['broken'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } })).code,
        78,
      );
    }
    await deliverersGone(house);
    const broken = server.received.filter(({ mail }) => mail.subject?.startsWith('Fail Mail : broken was not started'));
    assert.deepEqual(
      broken.map(({ recipients }) => recipients),
      [['default@example.org']],
    );
    assert.equal(history('broken').length, 3);
  });

  test('a collision that the job does not allow is mailed, and counted with the failures', async () => {
    house.job(
      'once',
      `name: Once\ncommand: sh -c 'until test -e ${house.path('state/go-on')}; do sleep 0.1; done; exit 3'\n${failmail}`,
    );
    const first = ended(house.spawn('run-job', ['once']));
    await until('the job to start', () => existsSync(house.path('log/once/latest.log')));
    assert.equal((await house.run('run-job', ['once'])).code, 75);
    await until('the mail', () => mailsOf('once').length === 1);
    writeFileSync(house.path('state/go-on'), '');
    assert.equal((await first).code, 3);
    await until('the other mail', () => mailsOf('once').length === 2);
    const [skipped, failed] = mailsOf('once').map(({ mail }) => mail);
    assert.match(skipped?.subject ?? '', /was skipped/);
    assert.match(failed?.subject ?? '', /failed with exit code 3 \(2nd time in a row\)/);
    assert.match(failed?.text ?? '', /\nFailures in a row: 2/);
  });

  test('a failure is mailed also when the run could not take its lock', async () => {
    house.job('unlocked', `name: Unlocked\ncommand: /bin/true\n${failmail}`);
    chmodSync(house.path('run'), 0o777);
    try {
      assert.notEqual((await house.run('run-job', ['unlocked'])).code, 0);
      await until('the mail', () => mailsOf('unlocked').length > 0);
      await deliverersGone(house);
    } finally {
      chmodSync(house.path('run'), 0o755);
    }
    assert.match(mailsOf('unlocked')[0]?.mail.subject ?? '', /was not started/);
    assert.deepEqual(readdirSync(house.path('state/notices/outbox')), []);
  });

  test('run-job that is killed with -9 leaves nothing running, and its run is counted, mailed and shown as interrupted', async () => {
    const wrapper = house.spawn('run-job', ['dies']);
    const done = ended(wrapper);
    const leader = await until('the job to start', () => {
      const text = existsSync(house.path('log/dies/latest.log')) ? house.log('dies') : '';
      return /sleep 600 \((\d+)\)/.exec(text)?.[1];
    });
    process.kill(wrapper.pid ?? 0, 'SIGKILL');
    await done;
    await until('the job to be gone', () => !existsSync(`/proc/${leader}`));
    assert.match((await house.run('run-job', ['--status', 'dies'])).stdout, /last status: failure\n/);
    house.job('dies', `name: Dies\ncommand: /bin/true\n${failmail}`);
    assert.equal((await house.run('run-job', ['dies'])).code, 0);
    assert.deepEqual(
      history('dies').map(({ event }) => event),
      ['started', 'interrupted', 'started', 'ended'],
    );
    await deliverersGone(house);
    assert.equal(mailsOf('dies').length, 1, subjects().join('\n'));
    assert.match(mailsOf('dies')[0]?.mail.subject ?? '', /was interrupted/);
  });

  test('a history that ends in a torn line is still read, and the next run is added to it', async () => {
    await house.run('run-job', ['quiet']);
    appendFileSync(house.path('state/history/quiet.jsonl'), '{"event":"started","run":"to');
    assert.equal((await house.run('run-job', ['quiet'])).code, 0);
    assert.match((await house.run('run-job', ['-s', 'quiet'])).stdout, /last status: success/);
  });

  test('a log directory that can not be written stops the run at that stage, with words', async () => {
    house.job('nolog', 'name: No log\ncommand: /bin/true\n');
    rmSync(house.path('log/nolog'), { recursive: true, force: true });
    writeFileSync(house.path('log/nolog'), 'in the way');
    const run = await house.run('run-job', ['nolog']);
    assert.equal(run.code, 125);
    assert.match(run.stderr, /nolog was not started: .*log.*: /);
    assert.equal(history('nolog')[0]?.event, 'not-started');
  });

  test('no lock is taken in a run directory that others can write', async () => {
    house.job('fresh', 'name: Fresh\ncommand: /bin/true\n');
    chmodSync(house.path('run'), 0o777);
    try {
      const locks = readdirSync(house.path('run'));
      const run = await house.run('run-job', ['fresh']);
      // A user's own default directory takes its place; the test's service user has none.
      if (run.code !== 0) {
        assert.ok(run.code === 125 || run.code === 78, String(run.code));
        assert.match(run.stderr, /run/);
      }
      assert.deepEqual(readdirSync(house.path('run')), locks);
    } finally {
      chmodSync(house.path('run'), 0o755);
    }
  });

  test("the predecessor's state is earlier history, and its live PID file a lock", async () => {
    house.job('old', 'name: Old\ncommand: /bin/true\n');
    const state =
      "history:\n- {status: started, time: '2026-11-20 10:00:00'}\n- {status: failed, time: '2026-11-20 10:00:09'}\nlast_completion_status: failure\n";
    writeFileSync(house.path('state/old.yaml'), state);
    assert.match((await house.run('run-job', ['-s', 'old'])).stdout, /last status: failure/);
    assert.match(
      (await house.run('jobctl', ['history', 'old'])).stdout,
      /python-2026-11-20T10:00:00.000Z {2}failed with exit code 1, after 9 s/,
    );
    writeFileSync(house.path('run/old.lock'), String(process.pid));
    const refused = await house.run('run-job', ['old']);
    assert.equal(refused.code, 75);
    assert.match(refused.stderr, /still running under the Python process-control \(pid \d+\)/);
    rmSync(house.path('run/old.lock'));
    assert.equal((await house.run('run-job', ['old'])).code, 0);
    assert.equal(readFileSync(house.path('state/old.yaml'), 'utf8'), state);
  });
});
