import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { simpleParser } from 'mailparser';
import type { SMTPServerOptions } from 'smtp-server';
import { createMailer, usualRoute } from '../../../src/system/message/mailer.ts';
import type { Delivery, Mail, MailRoute } from '../../../src/system/types/message.ts';
import { startMailServer } from '../../fakes/mail-server.ts';
import { whole, writtenPid } from '../../waiting.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mailer-'));
after(() => rmSync(folder, { recursive: true }));
const standIn = fileURLToPath(new URL('../../../../test/fixtures/programs/sendmail-stand-in', import.meta.url));

const mail: Mail = {
  from: 'Fail Mail <jobs@example.org>',
  to: 'ops@example.org',
  subject: 'Fail Mail : backup failed',
  text: 'It failed.\n',
};
const smtp = (port: number, more: Partial<Extract<MailRoute, { by: 'smtp' }>> = {}): MailRoute => ({
  by: 'smtp',
  host: 'localhost',
  port,
  ...more,
});

test('a mail arrives by SMTP unchanged', async () => {
  await using server = await startMailServer();
  const text = 'Sicherung der Bücher: 错误 🚒\n\n.\n..\nFrom here\n';
  const to = 'Ops <ops@example.org>, "night@db1, late" <night@example.org>';
  assert.deepEqual(await createMailer(smtp(server.port)).send({ ...mail, to, subject: 'Fail Mail : Bücher ✗', text }), {
    ok: true,
  });
  const [one, ...more] = server.received;
  assert.equal(more.length, 0);
  assert.deepEqual(one?.recipients, ['ops@example.org', 'night@example.org']);
  assert.equal(one?.sender, 'jobs@example.org');
  assert.equal(one?.mail.subject, 'Fail Mail : Bücher ✗');
  assert.equal(one?.mail.from?.text, '"Fail Mail" <jobs@example.org>');
  assert.equal(one?.mail.text, text);
  assert.equal(one?.mail.headers.get('auto-submitted'), 'auto-generated');
  assert.match(one?.mail.messageId ?? '', /^<[^@\s]+@example\.org>$/);
  assert.ok(Math.abs((one?.mail.date?.getTime() ?? 0) - Date.now()) < 60_000);
  assert.ok(!/[^\u0000-\u007f]/.test(one?.raw ?? ''), 'seven bits pass every relay');
});

test('a mail of a megabyte arrives whole', async () => {
  await using server = await startMailServer();
  const text = `${'0123456789'.repeat(10)}\n`.repeat(10_000);
  assert.deepEqual(await createMailer(smtp(server.port)).send({ ...mail, text }), { ok: true });
  assert.equal(server.received[0]?.mail.text, text);
});

test('STARTTLS is used when offered, and on this host the certificate may name any host', async () => {
  await using server = await startMailServer();
  assert.deepEqual(await createMailer(smtp(server.port)).send(mail), { ok: true });
  assert.equal(server.received[0]?.overTls, true);
});

test('a mail server without STARTTLS gets the mail in plain text', async () => {
  await using server = await startMailServer({ hideSTARTTLS: true });
  assert.deepEqual(await createMailer(smtp(server.port)).send(mail), { ok: true });
  assert.equal(server.received[0]?.overTls, false);
});

/** Accepts any login, or refuses it and quotes the password. */
function login(password: string): SMTPServerOptions {
  return {
    authOptional: false,
    onAuth: ({ username, password: given = '' }, _session, done) => {
      if (given === password) return done(null, { user: username ?? '' });
      const told = Buffer.from(`\0${username}\0${given}`).toString('base64');
      done(new Error(`no such login ${given} ${told}`));
    },
  };
}

test('the login is the user and the first line of the password file', async () => {
  await using server = await startMailServer(login('correct horse'));
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
  assert.deepEqual(await createMailer(smtp(server.port, { user: 'jobs', passwordFile })).send(mail), { ok: true });
  assert.equal(server.received[0]?.user, 'jobs');
});

test('a refused login is reported without the password, although the server repeats it', async () => {
  await using server = await startMailServer(login('correct horse'));
  const passwordFile = path.join(folder, 'wrong-password');
  writeFileSync(passwordFile, 'battery-staple\n', { mode: 0o600 });
  const answer = await createMailer(smtp(server.port, { user: 'jobs', passwordFile })).send(mail);
  assert.match(reason(answer), /^localhost:\d+: .*no such login \*\*\* \*\*\*/);
  assert.equal(server.received.length, 0);
});

test('a password file that cannot be used is named, and nothing is sent', async () => {
  await using server = await startMailServer();
  const empty = path.join(folder, 'empty');
  writeFileSync(empty, '\nsecond line\n', { mode: 0o600 });
  const fifo = path.join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const cases: readonly [string, RegExp][] = [
    [path.join(folder, 'absent'), /password of the mail server: ENOENT.*absent/],
    [empty, /empty: its first line is empty/],
    [fifo, /fifo: it is a FIFO, not a file/],
    [folder, /it is a directory, not a file/],
  ];
  for (const [passwordFile, expected] of cases) {
    const answer = await createMailer(smtp(server.port, { user: 'jobs', passwordFile })).send(mail);
    assert.match(reason(answer), expected);
  }
  assert.equal(server.received.length, 0);
});

test('a password that everyone can read is not used', async () => {
  await using server = await startMailServer(login('s3cret'));
  const passwordFile = path.join(folder, 'open-password');
  writeFileSync(passwordFile, 's3cret\n', { mode: 0o644 });
  const answer = await createMailer(smtp(server.port, { user: 'jobs', passwordFile })).send(mail);
  assert.ok(!answer.ok);
  assert.match(answer.reason, /open-password: everyone can read it, so it is not used: chmod o-r$/);
  assert.equal(server.received.length, 0);
});

test('a password goes to another host only when its certificate is valid', async () => {
  const offered: string[] = [];
  const onAuth: SMTPServerOptions['onAuth'] = ({ username }, _session, done) => {
    offered.push(username ?? '');
    done(null, { user: username ?? '' });
  };
  const passwordFile = path.join(folder, 'password-for-another');
  writeFileSync(passwordFile, 'secret\n', { mode: 0o600 });
  // 0.0.0.0 leads to this host but does not count as it.
  const another = { host: '0.0.0.0', user: 'jobs', passwordFile };
  await using selfSigned = await startMailServer({ onAuth });
  assert.match(reason(await createMailer(smtp(selfSigned.port, another)).send(mail)), /certificate/);
  await using inClear = await startMailServer({
    onAuth,
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
  });
  assert.match(reason(await createMailer(smtp(inClear.port, another)).send(mail)), /STARTTLS|command/i);
  assert.deepEqual(offered, []);
});

test('secure means TLS from the first byte with a certificate that this host trusts', async () => {
  const { key, cert } = certificate('localhost');
  await using server = await startMailServer({ secure: true, key, cert });
  const authorities = path.join(folder, 'authorities.crt');
  writeFileSync(authorities, cert);
  const limits = { connectMs: 10_000, totalMs: 30_000 };
  const route = smtp(server.port, { secure: true });
  assert.match(reason(await createMailer(route).send(mail)), /self.signed certificate/);
  assert.deepEqual(await createMailer(route, limits, authorities).send(mail), { ok: true });
  const byAddress = smtp(server.port, { secure: true, host: '127.0.0.1' });
  assert.match(reason(await createMailer(byAddress, limits, authorities).send(mail)), /not in the cert|altnames/i);
  assert.equal(server.received.length, 1);
});

test('a refused recipient is named, and the others get the mail', async () => {
  await using server = await startMailServer({
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('gone') ? new Error(`${address}: user unknown`) : undefined),
  });
  const both = await createMailer(smtp(server.port)).send({ ...mail, to: 'gone@example.org, ops@example.org' });
  assert.match(reason(both), /not sent to all: .*gone@example\.org: user unknown/);
  assert.deepEqual(server.received[0]?.recipients, ['ops@example.org']);
  const none = await createMailer(smtp(server.port)).send({ ...mail, to: 'gone@example.org' });
  assert.match(reason(none), /gone@example\.org: user unknown/);
});

/** Accepts connections and treats them so. */
async function startServer(
  onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const impatient = { connectMs: 150, totalMs: 400 };

test('a mail server that never greets is given up', { timeout: 120_000 }, async () => {
  await using server = await startServer(() => {});
  assert.match(reason(await createMailer(smtp(server.port), impatient).send(mail)), /Greeting never received/);
});

test('a mail server that stops answering is given up', { timeout: 120_000 }, async () => {
  await using server = await startServer((socket) => socket.write('220 here\r\n'));
  assert.match(reason(await createMailer(smtp(server.port), impatient).send(mail)), /[Tt]imeout/);
});

test('a mail server that answers for ever is given up', { timeout: 120_000 }, async () => {
  await using server = await startServer((socket) => {
    socket.write('220 here\r\n');
    socket.once('data', () => {
      const timer = setInterval(() => socket.write('250-wait\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
  });
  const answer = await createMailer(smtp(server.port), { ...impatient, connectMs: 60_000 }).send(mail);
  assert.match(reason(answer), /no end after 0\.4 s/);
});

test('a mail server that hangs up is given up', async () => {
  await using server = await startServer((socket) => socket.end('421 too busy\r\n'));
  assert.match(reason(await createMailer(smtp(server.port), impatient).send(mail)), /421 too busy|closed/);
});

test('a port without a server is named in the reason', async () => {
  const server = await startServer(() => {});
  await server[Symbol.asyncDispose]();
  assert.match(reason(await createMailer(smtp(server.port)).send(mail)), /localhost:\d+: .*ECONNREFUSED/);
});

test('a host that has no address is named', async () => {
  const route = smtp(25, { host: 'no-such-host.invalid' });
  assert.match(reason(await createMailer(route).send(mail)), /no-such-host\.invalid/);
});

test('no text can forge a header', async () => {
  await using server = await startMailServer();
  const forged = 'x\r\nBcc: evil@example.org\r\n\r\nbody\u0000';
  assert.deepEqual(await createMailer(smtp(server.port)).send({ ...mail, subject: forged, text: forged }), {
    ok: true,
  });
  const [one] = server.received;
  assert.deepEqual(one?.recipients, ['ops@example.org']);
  assert.equal(one?.mail.bcc, undefined);
  assert.equal(one?.mail.subject?.includes('\n'), false);
});

test('an invalid list of addresses is refused, and no part of it is dropped', async () => {
  await using server = await startMailServer();
  const bad = [
    '',
    ' , ',
    'two words',
    'a@b\r\nBcc: evil@example.org',
    'good@example.org, two words',
    '-oQ/tmp@example.org',
    '"-oQ/tmp"@example.org',
    'Ops <-C/etc/passwd>',
    'a <b@c> <d@e>',
    'a@b c@d',
    'friends: a@b, c@d;',
    'a@b>\u0000',
    '"a b"@c',
  ];
  for (const to of bad) {
    assert.match(reason(await createMailer(smtp(server.port)).send({ ...mail, to })), /address/, to);
  }
  for (const from of [...bad, 'a@b, c@d']) {
    assert.match(reason(await createMailer(smtp(server.port)).send({ ...mail, from })), /address/, from);
  }
  assert.equal(server.received.length, 0);
});

/** A sendmail of its own for one test, which ends as `behaviour` says. */
function installSendmail(behaviour: string) {
  const place = mkdtempSync(path.join(folder, 'sendmail-'));
  const program = path.join(place, 'sendmail');
  copyFileSync(standIn, program);
  writeFileSync(path.join(place, 'behaviour'), behaviour);
  return { route: { by: 'sendmail', path: program } as const, kept: (name: string) => path.join(place, name) };
}

test('sendmail gets sender and recipients as arguments and the message on stdin', async () => {
  const { route, kept } = installSendmail('well');
  const to = 'Ops <ops@example.org>, root';
  assert.deepEqual(await createMailer(route).send({ ...mail, to, text: 'Zeile ü\n.\n' }), { ok: true });
  assert.equal(readFileSync(kept('arguments'), 'utf8'), '-i\n-f\njobs@example.org\nops@example.org\nroot\n');
  const raw = readFileSync(kept('message'), 'utf8');
  assert.ok(!raw.includes('\r'), 'lines end as on Unix');
  const parsed = await simpleParser(raw);
  assert.equal(parsed.subject, mail.subject);
  assert.equal(parsed.text, 'Zeile ü\n.\n');
  assert.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
});

test('a domain in another script goes to sendmail in ASCII', async () => {
  const { route, kept } = installSendmail('well');
  const to = 'ops@münchen.example, Ops <почта@пример.рф>, root, d@[192.0.2.1]';
  assert.deepEqual(await createMailer(route).send({ ...mail, from: 'Jobs <jobs@bücher.example>', to }), { ok: true });
  const [, , from, ...recipients] = readFileSync(kept('arguments'), 'utf8').trim().split('\n');
  assert.equal(from, 'jobs@xn--bcher-kva.example');
  assert.deepEqual(recipients, ['ops@xn--mnchen-3ya.example', 'почта@xn--e1afmkfd.xn--p1ai', 'root', 'd@[192.0.2.1]']);
  assert.match(readFileSync(kept('message'), 'utf8'), /^To: .*ops@xn--mnchen-3ya\.example/m);
});

test("sendmail has no mark of the run, so that its background delivery does not count as the run's", async () => {
  const { route, kept } = installSendmail('well');
  process.env.PROCESS_CONTROL_RUN_ID = 'a/b';
  try {
    assert.deepEqual(await createMailer(route).send(mail), { ok: true });
  } finally {
    delete process.env.PROCESS_CONTROL_RUN_ID;
  }
  assert.doesNotMatch(readFileSync(kept('environment'), 'utf8'), /PROCESS_CONTROL/);
});

test('stderr of a sendmail that fails is the reason', async () => {
  const { route } = installSendmail('full');
  assert.match(
    reason(await createMailer(route).send(mail)),
    /sendmail: exit code 75: queue file write error: No space/,
  );
});

test('a sendmail that exits with 0 without reading the message has not sent it', async () => {
  const { route } = installSendmail('unread');
  const text = 'x'.repeat(1_000_000);
  assert.match(reason(await createMailer(route).send({ ...mail, text })), /did not read the message/);
});

test('a sendmail that hangs is ended with all that it started', { timeout: 120_000 }, async () => {
  // On a busy host the time grows until the stand-in has started its child.
  for (let seconds = 2; ; seconds *= 2) {
    const { route, kept } = installSendmail('hang');
    const patient = { ...impatient, totalMs: seconds * 1000 };
    assert.match(reason(await createMailer(route, patient).send(mail)), new RegExp(`no end after ${seconds} s`));
    if (whole(kept('child')) === undefined) continue;
    for (const name of ['pid', 'child']) await gone(await writtenPid(kept(name)));
    return;
  }
});

test('a missing sendmail is named', async () => {
  const route = { by: 'sendmail', path: path.join(folder, 'nowhere') } as const;
  assert.match(reason(await createMailer(route).send(mail)), /nowhere: exec: No such file or directory/);
});

test('without a configured route sendmail is used, otherwise the mail server of this host', () => {
  const { route } = installSendmail('well');
  const absent = path.join(folder, 'nowhere');
  assert.deepEqual(usualRoute([absent, route.path]), route);
  assert.deepEqual(usualRoute([absent]), { by: 'smtp', host: 'localhost' });
});

function reason(answer: Delivery): string {
  assert.equal(answer.ok, false);
  const words = answer.ok ? '' : answer.reason;
  assert.doesNotMatch(words, /[\p{Cc}]|battery-staple/u);
  return words;
}

function certificate(host: string) {
  const files = { key: path.join(folder, 'key.pem'), cert: path.join(folder, 'cert.pem') };
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', ['req', '-x509', ...algorithm, ...names, '-keyout', files.key, '-out', files.cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(files.key), cert: readFileSync(files.cert) };
}

/** Waits until the process is no more than a zombie. */
async function gone(pid: number): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  for (;;) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] : 'Z';
    if (state === 'Z' || state === 'X') return;
    assert.ok(Date.now() < deadlineMs, `process ${pid} lives on`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
