import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { ended, House, until } from './house.ts';

interface Received {
  readonly subject: string;
  readonly text: string;
  readonly to: string;
}

describe('failures are recorded and told', () => {
  const mails: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      void simpleParser(stream).then((mail) => {
        const to = Array.isArray(mail.to) ? '' : (mail.to?.text ?? '');
        mails.push({ subject: mail.subject ?? '', text: mail.text ?? '', to });
        done();
      });
    },
  });
  let house: House;
  const failmail = 'failmail: {from_address: "Fail Mail <jobs@example.org>", to_address: ops@example.org}\n';

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    const defaults = 'default_job_config: {failmail: {from_address: d@example.org, to_address: default@example.org}}';
    house = new House(
      {
        third: `name: Third time\ncommand: sh -c 'echo last words; exit 4'\nfailure_threshold_for_mail: 3\n${failmail}`,
        dies: `name: Dies\ncommand: sleep 600\n${failmail}`,
        broken: 'name: Broken\ncommand: [unclosed\n',
        quiet: `name: Quiet\ncommand: /bin/true\n${failmail}`,
      },
      { config: `mail: {smtp: {host: 127.0.0.1, port: ${port}}}\n${defaults}` },
    );
  });
  after(async () => {
    house.remove();
    await new Promise<void>((resolve) => server.close(resolve));
  });

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));

  test('a mail goes out for each failure from the third in a row on, and tells what, where, since when and the last words', async () => {
    for (let i = 0; i < 4; i += 1) assert.equal((await house.run('run-job', ['third'])).code, 4);
    assert.equal(mails.length, 2);
    const [first] = mails;
    assert.match(first?.subject ?? '', /^Fail Mail : .*third.*failed with exit code 4/i);
    for (const part of [/last words/, /Failures in a row: 3/, /run-job --job third/, /third-\d{8}-\d{6}(-\d)?\.log/]) {
      assert.match(first?.text ?? '', part);
    }
    assert.equal(first?.to, 'ops@example.org');
  });

  test('a success sends nothing', async () => {
    const before = mails.length;
    assert.equal((await house.run('run-job', ['quiet'])).code, 0);
    assert.equal(mails.length, before);
  });

  test('a mail server that is not there never changes the outcome, and is on record', async () => {
    house.job('nowhere', `name: Nowhere\ncommand: sh -c 'exit 9'\n${failmail}`);
    const config = house.path('etc/other.yaml');
    writeFileSync(config, readFileSync(house.configFile, 'utf8').replace(/port: \d+/, 'port: 1'), { mode: 0o644 });
    const run = await house.run('run-job', ['--config', config, 'nowhere']);
    assert.equal(run.code, 9);
    assert.equal(history('nowhere').at(-1)?.event, 'notice-failed');
    assert.match(house.log('nowhere'), /\tNOTE\tfailmail could not be sent: .*\n$/);
    assert.match((await house.run('jobctl', ['status', 'nowhere'])).stdout, /^notice failed: +of run \S+: failmail: /m);
    assert.match(
      (await house.run('check-jobs-icinga', ['-j', 'nowhere'])).stdout,
      /nowhere: a notice failed: failmail: /,
    );
  });

  test('a file with problems is told once to whom the defaults say, not at every tick', async () => {
    const before = mails.length;
    for (let i = 0; i < 3; i += 1) {
      assert.equal(
        (await house.run('run-job', ['broken'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } })).code,
        78,
      );
    }
    assert.deepEqual(
      mails.slice(before).map(({ to }) => to),
      ['default@example.org'],
    );
    assert.equal(history('broken').length, 3);
  });

  test('run-job that is killed with -9 leaves nothing running, and its run is counted, mailed and shown as interrupted', async () => {
    const before = mails.length;
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
    assert.equal(mails.length, before + 1);
    assert.match(mails.at(-1)?.subject ?? '', /was interrupted/);
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
