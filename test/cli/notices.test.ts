import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { type MailServer, startMailServer } from '../fakes/mail-server.ts';
import { deliverers, proc } from './deliverers.ts';
import { House, repository, until } from './house.ts';

interface Request {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

describe('notices', () => {
  const requests: Request[] = [];
  const usual = (_request: IncomingMessage, response: ServerResponse) => {
    response.end('OK');
  };
  let answer = usual;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const { pathname } = new URL(request.url ?? '', 'http://x');
    requests.push({ path: pathname, body, authorization: request.headers.authorization });
    answer(request, response);
  });
  let mails: MailServer;
  let house: House;
  let base: string;

  before(async () => {
    mails = await startMailServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const notify = (channels: string) => `notify: [${channels}]\n`;
    const flaky = `sh -c 'echo last words; test -e $0/well' ${'{state}'}`;
    house = new House(
      { broken: 'name: Broken\ncommand: [unclosed\n' },
      {
        config: [
          `mail: {smtp: {host: 127.0.0.1, port: ${mails.port}}}`,
          `logging: {file: ${'{log}'}/own.log}`,
          `default_job_config: {notify: [{webhook: "${base}/default"}]}`,
        ]
          .join('\n')
          .replace('{log}', '/tmp'),
      },
    );
    // Its own log lies with the others.
    writeFileSync(
      house.configFile,
      readFileSync(house.configFile, 'utf8').replace('/tmp/own.log', house.path('log/own.log')),
    );
    const command = flaky.replace('{state}', house.path('state'));
    house.job(
      'backup',
      `name: Database backup\ncommand: ${command}\nnotify_after: 2\n${notify(
        `{mail: ops@example.org}, {webhook: "${base}/hook"}, {ping: "${base}/check"}, {command: "sh -c 'cat > ${house.path('state/paged')}; echo $PROCESS_CONTROL_NOTICE_SUBJECT >> ${house.path('state/paged')}'"}`,
      )}`,
    );
    house.job(
      'secret',
      `name: Secret\ncommand: /bin/false\n${notify(`{url_file: ${house.path('etc/url')}, kind: webhook, password_file: ${house.path('etc/token')}}`)}`,
    );
    house.job(
      'slow',
      `name: Slow\ncommand: /bin/false\n${notify(`{webhook: "${base}/slow", on: [failure, success]}`)}`,
    );
    house.job('quiet', 'name: Quiet\ncommand: /bin/true\nnotify: []\n');
    house.job('inner', `name: Inner\ncommand: /bin/false\n${notify(`{webhook: "${base}/inner"}`)}`);
    house.job(
      'outer',
      `name: Outer\ncommand: sh -c '${repository}/bin/run-job --config ${house.configFile} --job inner; exit 0'\nnotify: []\n`,
    );
    house.job('full', `name: Full\ncommand: /bin/false\n${notify(`{webhook: "${base}/full"}`)}`);
  });
  after(async () => {
    answer = usual;
    server.closeAllConnections();
    await until('deliver-notices has ended', () => deliverers(house).length === 0);
    house.remove();
    await mails[Symbol.asyncDispose]();
    server.close();
  });
  beforeEach(() => {
    requests.length = 0;
    answer = usual;
  });

  const run = (slug: string) => house.run('run-job', ['--job', slug]);
  const seen = (path: string) => requests.filter((request) => request.path.startsWith(path));
  const own = () => readFileSync(house.path('log/own.log'), 'utf8');
  const empty = () =>
    until('the outbox is empty', () => {
      const left = ['notes', 'outbox'].flatMap((name) => readdirSync(house.path(`state/notices/${name}`)));
      return left.length === 0 && deliverers(house).length === 0;
    });
  const secretFile = (name: string, text: string, mode = 0o600) => {
    const file = house.path(`etc/${name}`);
    writeFileSync(file, text);
    chownSync(file, house.service.uid, house.service.gid);
    chmodSync(file, mode);
  };

  test('each channel gets one message when an incident opens and one when it ends; a check gets each run', async () => {
    for (let i = 0; i < 3; i += 1) assert.equal((await run('backup')).code, 1);
    writeFileSync(house.path('state/well'), '');
    for (let i = 0; i < 2; i += 1) assert.equal((await run('backup')).code, 0);
    await empty();
    const subjects = mails.received.map(({ mail }) => mail.subject ?? '');
    assert.equal(subjects.length, 2);
    assert.match(
      subjects[0] ?? '',
      /^FAILED: Database backup \(backup\) failed with exit code 1 \(2nd time in a row\) on /,
    );
    assert.match(subjects[1] ?? '', /^RECOVERED: Database backup \(backup\) succeeded again, after 3 failures in /);
    const [first] = mails.received;
    assert.match(
      first?.mail.text ?? '',
      /\n {2}last words\n\nLog: \S+\/backup-\S+\.log\nLook at it: jobctl logs backup\n/,
    );
    assert.equal(first?.mail.from?.text.startsWith(`"process-control" <${house.service.name}@`), true);
    const hooks = seen('/hook').map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      hooks.map(({ occasion, job, tail }) => [occasion, job, tail]),
      [
        ['failure', 'backup', 'last words'],
        ['recovery', 'backup', 'last words'],
      ],
    );
    const pings = seen('/check').map(({ path }) => path);
    const [bad, good] = [
      ['/check/start', '/check/1'],
      ['/check/start', '/check'],
    ];
    assert.deepEqual(pings, [...bad, ...bad, ...bad, ...good, ...good]);
    const [json = '', subject] = readFileSync(house.path('state/paged'), 'utf8').split('\n');
    assert.equal(JSON.parse(json).subject, subject);
    assert.match(subject ?? '', /^RECOVERED: /);
  });

  test('a secret address and its token leave no trace', async () => {
    const url = `${base}/hooks/T0P-S3CRET?key=K3Y-K3Y-K3Y`;
    secretFile('url', `${url}\n`);
    secretFile('token', 'TOK3N-TOK3N\n');
    // A server that quotes what it was sent, and keeps deliver-notices waiting while it is looked
    // at.
    let refuse = () => {};
    answer = ({ url: path, headers }, response) => {
      refuse = () => response.writeHead(403).end(`no ${path} of ${headers.host} with ${headers.authorization}`);
    };
    const ended = await run('secret');
    await until('the server is asked', () => seen('/hooks').length > 0);
    assert.equal(seen('/hooks')[0]?.authorization, 'Bearer TOK3N-TOK3N');
    const [pid = 0] = deliverers(house);
    const inProcess = proc(pid, 'cmdline') + proc(pid, 'environ');
    assert.match(inProcess, /deliver-notices/);
    refuse();
    await until('the refusal is recorded', () => /answered 403/.test(own()));
    const history = readFileSync(house.path('state/history/secret.jsonl'), 'utf8');
    const shown = await house.run('jobctl', ['history', 'secret']);
    const json = await house.run('jobctl', ['history', 'secret', '--json']);
    assert.match(
      shown.stdout,
      /notice failed: webhook of \S+etc\/url: answered 403: no \*\*\* of \*\*\* with Bearer \*\*\*/,
    );
    const entries = readdirSync(house.path('state/notices/outbox')).map((name) =>
      house.path(`state/notices/outbox/${name}`),
    );
    assert.equal(entries.length, 1);
    for (const entry of entries) assert.equal(statSync(entry).mode & 0o777, 0o600);
    const waiting = entries.map((entry) => readFileSync(entry, 'utf8')).join();
    for (const text of [inProcess, own(), history, shown.stdout, json.stdout, ended.stderr, waiting]) {
      assert.doesNotMatch(text, /S3CRET|K3Y|TOK3N/);
    }
    // Repaired, the next run's end finds the message still waiting; its turn comes with the next
    // deliverer.
    for (const each of deliverers(house)) process.kill(each, 'SIGKILL');
    await until('it is gone', () => deliverers(house).length === 0);
    answer = usual;
    await run('secret');
    await until('the waiting message', () => seen('/hooks').length >= 2);
    await empty();
  });

  test('a secret that everyone can read is not used, and the message waits', async () => {
    secretFile('url', `${base}/hooks/open\n`, 0o644);
    house.job(
      'open',
      `name: Open\ncommand: /bin/false\nnotify: [{url_file: ${house.path('etc/url')}, kind: webhook}]\n`,
    );
    await run('open');
    await until('it is refused', () => /etc\/url: everyone can read it, so it is not used: chmod o-r/.test(own()));
    assert.match((await house.run('jobctl', ['status', 'open'])).stdout, /\nnotices: +1 notice undelivered since /);
    const json = JSON.parse((await house.run('jobctl', ['status', 'open', '--json'])).stdout);
    assert.equal(json.undelivered.count, 1);
    assert.deepEqual(seen('/hooks'), []);
    secretFile('url', `${base}/hooks/open\n`);
    await until('the message', () => seen('/hooks/open').length === 1);
    await empty();
  });

  test('a server that hangs keeps neither the run nor the next one', async () => {
    const held: ServerResponse[] = [];
    answer = (_request, response) => {
      held.push(response);
    };
    const first = await run('slow');
    assert.equal(first.code, 1);
    await until('the server is asked', () => held.length === 1);
    // The first message is still on its way, and the lock is free.
    assert.equal((await run('slow')).code, 1);
    const events = parseEvents(readFileSync(house.path('state/history/slow.jsonl'), 'utf8'));
    assert.deepEqual(
      events.map(({ event }) => event).filter((event) => event !== 'started'),
      ['ended', 'ended'],
    );
    // The second one leaves as soon as it has seen the first.
    await until('one deliverer', () => deliverers(house).length === 1);
    answer = usual;
    for (const response of held) response.end('OK');
    await empty();
    assert.equal(seen('/slow').length, 1);
  });

  test('a message that a killed deliver-notices was sending is sent at the end of any other run', async () => {
    let isAsked = false;
    answer = () => {
      isAsked = true;
    };
    house.job('killed', `name: Killed\ncommand: /bin/false\nnotify: [{webhook: "${base}/killed"}]\n`);
    await run('killed');
    await until('the server is asked', () => isAsked);
    for (const pid of deliverers(house)) process.kill(pid, 'SIGKILL');
    await until('it is gone', () => deliverers(house).length === 0);
    answer = usual;
    assert.equal((await run('quiet')).code, 0);
    await until('the message', () => seen('/killed').length === 2);
    await empty();
    const [once, again] = seen('/killed').map(({ body }) => JSON.parse(body));
    assert.equal(once.run, again.run);
  });

  test('output that is no text holds no notice back, and mentions no one in a chat', async () => {
    const script = house.path('etc/noise.pl');
    writeFileSync(script, 'print "<!channel> & all\\n", "\\x01" x 4000; exit 3;\n', { mode: 0o644 });
    house.job('noise', `name: Noise\ncommand: /usr/bin/perl ${script}\nnotify: [{webhook: "${base}/noise"}]\n`);
    house.job(
      'call',
      `name: Call\ncommand: sh -c 'echo "<!channel> & all"; exit 3'\nnotify: [{webhook: "${base}/call"}]\n`,
    );
    for (const slug of ['noise', 'call']) assert.equal((await house.run('run-job', [slug])).code, 3);
    const got = (path: string) => requests.find((request) => request.path === path);
    await until('both messages', () => got('/noise') !== undefined && got('/call') !== undefined);
    const { text, tail } = JSON.parse(got('/call')?.body ?? '');
    assert.match(text, /&lt;!channel&gt; &amp; all/);
    assert.equal(tail, '<!channel> & all');
    await until('deliver-notices to leave', () => deliverers(house).length === 0);
  });

  test('a run inside another run sends its messages itself', async () => {
    assert.equal((await run('outer')).code, 0);
    assert.deepEqual(
      seen('/inner').map(({ body }) => JSON.parse(body).occasion),
      ['failure'],
    );
    await empty();
  });

  test('a file with problems is reported to the channels of default_job_config, once', async () => {
    for (let i = 0; i < 3; i += 1) assert.equal((await run('broken')).code, 78);
    await empty();
    const told = seen('/default').map(({ body }) => JSON.parse(body));
    assert.equal(told.length, 1);
    assert.match(told[0]?.subject ?? '', /^FAILED: broken was not started: configuration: .*broken\.yaml:3:1:/);
  });

  test('a job without recipients or without news queues nothing and starts nothing', async () => {
    const before = readdirSync(house.path('state/incidents'));
    await run('quiet');
    assert.deepEqual(deliverers(house), []);
    assert.deepEqual(readdirSync(house.path('state/incidents')), before);
    house.job('calm', `name: Calm\ncommand: /bin/true\nnotify: [{webhook: "${base}/calm"}]\n`);
    await run('calm');
    assert.deepEqual(deliverers(house), []);
    assert.equal(requests.length, 0);
  });

  test('when the disk takes nothing, the message is sent at once', async () => {
    const other = new House({}, { config: `logging: {console: true}` });
    try {
      other.job('full', `name: Full\ncommand: /bin/false\nnotify: [{webhook: "${base}/full"}]\n`);
      // A file in the place of the folder: nobody can write there, not even root.
      mkdirSync(other.path('state/history'), { recursive: true });
      chownSync(other.path('state/history'), other.service.uid, other.service.gid);
      writeFileSync(other.path('state/notices'), '');
      const ended = await other.run('run-job', ['--job', 'full']);
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /a notice could not be kept, one attempt is made to send it/);
      assert.deepEqual(
        seen('/full').map(({ body }) => JSON.parse(body).occasion),
        ['failure'],
      );
    } finally {
      other.remove();
    }
  });
});
