/**
 * Notices that are not delivered: no run waits for them, and the programs that show a job say so
 * until they are delivered.
 */
import assert from 'node:assert/strict';
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startMailServer } from '../fakes/mail-server.ts';
import { deliverers, deliverersGone, endDeliverers } from './deliverers.ts';
import { House, repository, until } from './house.ts';

const failmail = 'failmail: {from_address: jobs@example.org, to_address: ops@example.org}\n';

const config = (port: number) => `mail: {smtp: {host: 127.0.0.1, port: ${port}}}\n`;

/** The file of `broken` has problems, so its failmail is that of the defaults. */
const jobs = {
  mailed: `name: Mailed\ncommand: sh -c 'exit 9'\n${failmail}`,
  noticed: 'name: Noticed\ncommand: /bin/false\nnotify: [{mail: ops@example.org}]\nfailure_threshold_for_mail: 100\n',
  broken: 'name: Broken\ncommand: [unclosed\n',
};

test('failmail and a notice that a mail server refuses stand in status, check-jobs-icinga, history and log, until they are delivered', async () => {
  let isOpen = false;
  await using server = await startMailServer({
    onRcptTo(_address, _session, answer) {
      answer(isOpen ? null : Object.assign(new Error('mailbox busy'), { responseCode: 450 }));
    },
  });
  const house = new House(jobs, {
    config: `${config(server.port)}default_job_config: {failmail: {to_address: default@example.org}}\n`,
  });
  const shown = async (...args: readonly string[]) => (await house.run('jobctl', args)).stdout;
  try {
    for (const [slug, code] of Object.entries({ mailed: 9, noticed: 1, broken: 78 })) {
      assert.equal((await house.run('run-job', [slug])).code, code);
      const channel = slug === 'noticed' ? 'mail to ops@example\\.org' : 'failmail';
      const words = new RegExp(`${channel}: 127\\.0\\.0\\.1:\\d+: .*450 mailbox busy`);
      await until(`${slug} to say so`, async () => words.test(await shown('status', slug)));
      const json = JSON.parse(await shown('status', slug, '--json'));
      assert.match(json.noticeFailed?.words ?? '', words, slug);
      assert.equal(json.undelivered?.count, 1, slug);
      assert.match(await shown('status', slug), /^notices: +1 notice undelivered since /m);
      assert.match(await shown('status'), new RegExp(`^${slug} .*notice failed: ${words.source}`, 'm'));
      assert.match(await shown('history', slug), new RegExp(`notice failed: ${words.source}`));
      const check = await house.run('check-jobs-icinga', ['-j', slug]);
      assert.match(check.stdout, new RegExp(`${slug}: a notice failed: ${words.source}`));
    }
    assert.match(house.log('mailed'), /\tNOTE\tfailmail could not be sent: 127\.0\.0\.1:\d+: .*450 mailbox busy.*\n$/);
    assert.match(house.log('noticed'), /\tNOTE\ta notice failed: mail to ops@example\.org: .*450 mailbox busy.*\n$/);
    isOpen = true;
    await deliverersGone(house);
    assert.deepEqual(server.received.map(({ recipients }) => recipients.join()).toSorted(), [
      'default@example.org',
      'ops@example.org',
      'ops@example.org',
    ]);
    for (const slug of Object.keys(jobs)) assert.doesNotMatch(await shown('status', slug), /^notice/m);
    const subjects = server.received.map(({ mail }) => mail.subject ?? '');
    assert.ok(subjects.some((subject) => /^Fail Mail : Mailed \(mailed\) failed with exit code 9 on /.test(subject)));
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});

describe('a mail server that takes the connection and says nothing', () => {
  test('holds neither a run nor the next one', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const house = new House({ mailed: jobs.mailed }, { config: config((server.address() as AddressInfo).port) });
    try {
      assert.equal((await house.run('run-job', ['mailed'])).code, 9);
      await until('it is asked', () => sockets.length === 1);
      // The mail is on its way all the while.
      assert.equal((await house.run('run-job', ['mailed'])).code, 9);
      assert.equal(sockets.length, 1);
      assert.equal(deliverers(house).length, 1);
    } finally {
      await endDeliverers(house);
      for (const socket of sockets) socket.destroy();
      server.close();
      house.remove();
    }
  });
});

test('a deliverer that is killed with -9 has lost nothing: the end of any run sends it', async () => {
  let held = 0;
  let isOpen = false;
  await using server = await startMailServer({
    onRcptTo(_address, _session, answer) {
      held += 1;
      if (isOpen) answer();
    },
  });
  const house = new House({ ...jobs, well: 'name: Well\ncommand: /bin/true\n' }, { config: config(server.port) });
  try {
    assert.equal((await house.run('run-job', ['mailed'])).code, 9);
    await until('the server to be asked', () => held > 0);
    await endDeliverers(house);
    assert.equal(readdirSync(house.path('state/notices/outbox')).length, 1);
    isOpen = true;
    assert.equal((await house.run('run-job', ['well'])).code, 0);
    await until('the mail', () => server.received.length === 1);
    await deliverersGone(house);
    assert.deepEqual(readdirSync(house.path('state/notices/outbox')), []);
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});

test('a state directory that takes nothing: the mail is sent at once, and if that fails too, stderr and the log say that it is lost', async () => {
  await using server = await startMailServer();
  const house = new House({ mailed: jobs.mailed }, { config: `${config(server.port)}logging: {console: true}\n` });
  try {
    // A file in the place of the folder: nobody can write there, not even root.
    mkdirSync(house.path('state/history'), { recursive: true });
    chownSync(house.path('state/history'), house.service.uid, house.service.gid);
    writeFileSync(house.path('state/notices'), '');
    const sent = await house.run('run-job', ['mailed']);
    assert.equal(sent.code, 9);
    assert.match(sent.stderr, /mailed: a notice could not be kept, one attempt is made to send it: /);
    assert.match(server.received[0]?.mail.subject ?? '', /^Fail Mail : Mailed \(mailed\) failed with exit code 9 on /);
    const away = house.path('etc/away.yaml');
    writeFileSync(away, readFileSync(house.configFile, 'utf8').replace(/port: \d+/, 'port: 1'), { mode: 0o644 });
    const lost = await house.run('run-job', ['--config', away, 'mailed']);
    assert.equal(lost.code, 9);
    assert.match(
      lost.stderr,
      /mailed: failmail: "Fail Mail : .*" was not delivered: .*ECONNREFUSED.*; not saved, so not tried again/,
    );
    assert.match(house.log('mailed'), /\tNOTE\tfailmail could not be sent: not delivered: .*ECONNREFUSED/);
    assert.match(
      (await house.run('jobctl', ['status', 'mailed'])).stdout,
      /^notice failed: +of run \S+: failmail: not delivered: /m,
    );
  } finally {
    house.remove();
  }
});

test('a sendmail that fails is called again, with the same message', async () => {
  const house = new House({ mailed: jobs.mailed });
  const program = house.path('log/sendmail');
  try {
    writeFileSync(
      program,
      `#!/bin/sh\ncat >"$0.message"; if test -e "$0.well"; then cp "$0.message" "$0.sent"; exit 0; fi; echo queue is full >&2; exit 75\n`,
      { mode: 0o755 },
    );
    writeFileSync(house.configFile, `${readFileSync(house.configFile, 'utf8')}mail: {sendmail: ${program}}\n`);
    assert.equal((await house.run('run-job', ['mailed'])).code, 9);
    const status = async () => (await house.run('jobctl', ['status', 'mailed'])).stdout;
    await until('the failure', async () => /failmail: \S+sendmail: exit code 75: queue is full/.test(await status()));
    writeFileSync(`${program}.well`, '');
    await until('the mail', () => existsSync(`${program}.sent`));
    assert.match(
      readFileSync(`${program}.sent`, 'utf8'),
      /^Subject: Fail Mail : Mailed \(mailed\) failed with exit code 9/m,
    );
    await deliverersGone(house);
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});

test('a run inside another run sends its failmail before it ends, for the outer run ends what it leaves', async () => {
  await using server = await startMailServer();
  const house = new House({ mailed: jobs.mailed }, { config: config(server.port) });
  try {
    house.job(
      'outer',
      `name: Outer\ncommand: sh -c '${repository}/bin/run-job --config ${house.configFile} --job mailed; exit 0'\n`,
    );
    assert.equal((await house.run('run-job', ['outer'])).code, 0);
    assert.equal(server.received.length, 1);
    await deliverersGone(house);
  } finally {
    house.remove();
  }
});

test('an address that the server refuses does not send the mail to the others again and again', async () => {
  let isOpen = false;
  await using server = await startMailServer({
    onRcptTo({ address }, _session, answer) {
      const isRefused = !isOpen && address.startsWith('away');
      answer(isRefused ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null);
    },
  });
  const house = new House(
    { two: `name: Two\ncommand: /bin/false\nfailmail: {to_address: "ops@example.org, away@example.org"}\n` },
    { config: config(server.port) },
  );
  try {
    assert.equal((await house.run('run-job', ['two'])).code, 1);
    const status = async () => (await house.run('jobctl', ['status', 'two'])).stdout;
    await until('the refusal', async () => /failmail: .*not sent to all: .*550 no such user/.test(await status()));
    isOpen = true;
    await deliverersGone(house);
    assert.deepEqual(
      server.received.map(({ recipients }) => recipients),
      [['ops@example.org'], ['away@example.org']],
    );
    assert.doesNotMatch(await status(), /notice/);
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});

test('a deliverer ends when its state directory is removed', async () => {
  const house = new House({ mailed: jobs.mailed }, { config: config(1) });
  try {
    assert.equal((await house.run('run-job', ['mailed'])).code, 9);
    const [pid] = await until('the failure to be recorded', () => {
      const text = readFileSync(house.path('state/history/mailed.jsonl'), 'utf8');
      return /notice-failed/.test(text) ? deliverers(house) : undefined;
    });
    assert.ok(pid !== undefined && existsSync(`/proc/${pid}`));
    rmSync(house.path('state'), { recursive: true });
    await until('it to end', () => !existsSync(`/proc/${pid}`));
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});

test('after an upgrade the new version takes over the messages that wait', async () => {
  let isOpen = false;
  await using server = await startMailServer({
    onRcptTo(_address, _session, answer) {
      answer(isOpen ? null : Object.assign(new Error('mailbox busy'), { responseCode: 450 }));
    },
  });
  const house = new House({ mailed: jobs.mailed }, { config: config(server.port) });
  const programs = house.path('programs');
  for (const name of ['bin', 'dist'])
    cpSync(path.join(repository, name), path.join(programs, name), { recursive: true });
  try {
    assert.equal((await house.run('run-job', ['mailed'], { from: path.join(programs, 'bin') })).code, 9);
    const [old] = await until('the deliverer', () => {
      const found = deliverers(house);
      return found.length === 1 && server.received.length === 0 ? found : undefined;
    });
    await until('the refusal', async () =>
      /450 mailbox busy/.test((await house.run('jobctl', ['status', 'mailed'])).stdout),
    );
    // As dpkg does: a new file under the old name.
    const boot = path.join(programs, 'dist/boot.cjs');
    copyFileSync(boot, `${boot}.new`);
    renameSync(`${boot}.new`, boot);
    await until('its successor', () => deliverers(house).some((pid) => pid !== old) && !existsSync(`/proc/${old}`));
    isOpen = true;
    await until('the mail', () => server.received.length === 1);
    await deliverersGone(house);
  } finally {
    await endDeliverers(house);
    house.remove();
  }
});
