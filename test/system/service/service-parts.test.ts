/** Pid files, ports, snoozes, watches and logs of services, on the real host. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { changes } from '../../../src/system/file/changes.ts';
import { processIdentity } from '../../../src/system/process/proc.ts';
import { instanceLogs, serviceLogs } from '../../../src/system/run-log/service-logs.ts';
import { pidFiles } from '../../../src/system/service/pid-files.ts';
import { hostPorts } from '../../../src/system/service/ports.ts';
import { instanceFolders } from '../../../src/system/state/instance-folders.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { runIn, scratch, until as untilTrue } from '../run-log/capturing.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'service-parts-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const uid = process.getuid?.() ?? 0;
const file = path.join(directory, 'a.pid');

function look(text: string | undefined, more: Partial<Parameters<typeof pidFiles.look>[1]> = {}) {
  rmSync(file, { force: true, recursive: true });
  if (text !== undefined) writeFileSync(file, text);
  const found = pidFiles.look(file, { uid, ...more });
  return 'missing' in found ? found.missing : found.pid;
}

test('a pid file names a living process of this user, or says why it does not', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  try {
    assert.equal(look(`${pid}\n`), pid);
    assert.equal(look(` ${pid}\nmore lines\n`), pid);
    assert.match(String(look(undefined)), /^there is no /);
    assert.match(String(look('')), /is empty$/);
    assert.match(String(look('nginx\n')), /does not begin with a process number$/);
    assert.match(String(look('-1')), /does not begin with a process number$/);
    assert.match(String(look(`${pid}`, { uid: uid + 1 })), /belongs to another user$/);
    const later = { pid: 1, startTicks: String(Number(processIdentity(pid)?.startTicks) + 1) };
    assert.match(String(look(`${pid}`, { notBefore: later })), /is stale/);
  } finally {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  }
  assert.match(String(look(`${pid}`)), /which is not there$/);
  mkdirSync(`${file}.d`);
  assert.match(JSON.stringify(pidFiles.look(`${file}.d`, { uid })), /it is a directory, not a file/);
});

test('a zombie is not up', async () => {
  // The shell becomes a program that never asks what became of its child.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [bytes] = await once(parent.stdout, 'data');
  const pid = Number(String(bytes));
  const stat = () => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.[0];
  while (stat() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(String(look(`${pid}`)), /\(a zombie\)$/);
  parent.kill();
});

test('a port in use is not free, on any address', async () => {
  const ports = hostPorts(directory);
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    assert.equal(await ports.isFree(port), false, host);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await ports.isFree(port), true, host);
  }
});

test('published ports are reserved for other services', () => {
  const ports = hostPorts(directory);
  assert.deepEqual(ports.reserved(), []);
  const instances = [{ instance: 0, state: 'up', ports: { http: 31_001, admin: 31_002 } }];
  assert.deepEqual(ports.publish('web', { service: 'web', host: 'h', instances }), { ok: true });
  assert.deepEqual(ports.reserved(), [{ slug: 'web', ports: [31_001, 31_002] }]);
  writeFileSync(path.join(directory, 'services/web/endpoints.json'), 'torn {');
  assert.deepEqual(ports.reserved(), [{ slug: 'web', ports: [] }]);
  ports.withdraw('web');
  ports.withdraw('web');
  assert.deepEqual(readdirSync(path.join(directory, 'services/web')), []);
});

test('a snooze is a regular file in the directory of the instance, and nothing else', () => {
  const folders = instanceFolders(directory);
  assert.equal(folders.snooze('web', 0), undefined);
  assert.deepEqual(folders.writeSnooze('web', 0, 'text'), { ok: true });
  assert.equal(folders.snooze('web', 0)?.text, 'text');
  folders.removeSnooze('web', 0);
  assert.equal(folders.snooze('web', 0), undefined);
  symlinkSync('/etc/passwd', path.join(folders.path('web', 0), '.healthchecksnooze'));
  assert.equal(folders.snooze('web', 0), undefined);
  assert.equal(folders.writeSnooze('web', 0, 'text').ok, false);
});

test("a change in a directory is noticed, and a directory that can't be watched is not an error", async () => {
  const watched = mkdtempSync(path.join(directory, 'watched-'));
  const told = new Promise<string | undefined>((resolve) => {
    const watch = changes.watch(watched, (name) => {
      watch.close();
      resolve(name);
    });
    // Unreferenced watches do not keep a test alive.
    const ticking = setInterval(() => writeFileSync(path.join(watched, 'web.yaml'), 'x'), 20);
    void Promise.resolve().then(async () => {
      await told;
      clearInterval(ticking);
    });
  });
  assert.equal(await told, 'web.yaml');
  changes.watch('/no/such/directory', () => assert.fail()).close();
});

test('a full log is followed by the next without a lost line, and the oldest are removed', async () => {
  const run = path.join(directory, 'run');
  mkdirSync(run);
  const logs = serviceLogs({
    clock,
    outputDirectory: path.join(directory, 'log'),
    runDirectory: run,
    handedPipes: undefined,
  });
  const open = () => {
    const answer = logs.open({ slug: 'web', instance: 1, maxBytes: 4096, keep: 3 });
    assert.ok(answer.is === 'open', JSON.stringify(answer));
    return answer.log;
  };
  const log = open();
  const total = 400;
  for (let n = 0; n < total; n += 1) log.note(`line ${n}`);
  const { lostBytes } = await log.close();
  assert.equal(lostBytes, 0);
  const folder = path.join(directory, 'log/web');
  const kept = () => readdirSync(folder).filter((name) => !name.endsWith('latest.log'));
  assert.equal(kept().length, 3);
  const lastPath = log.path;
  assert.equal(readlinkSync(path.join(folder, 'web.1-latest.log')), path.basename(lastPath));
  const numbers = instanceLogs(folder, 'web.1').flatMap((name) =>
    [...readFileSync(path.join(folder, name), 'utf8').matchAll(/line (\d+)$/gm)].map((match) => Number(match[1])),
  );
  assert.equal(numbers.at(-1), total - 1);
  assert.ok(numbers.length > 100);
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, n) => total - numbers.length + n),
  );
  // The next supervisor goes on where there is room.
  const again = open();
  again.note('again');
  await again.close();
  assert.equal(again.path, lastPath);
  assert.match(readFileSync(lastPath, 'utf8'), /line 399\n.*again\n$/);
});

test('a question without a newline is in the log while the instance waits for an answer', async (t) => {
  const place = scratch(t);
  const logs = serviceLogs({
    clock,
    outputDirectory: path.join(place, 'log'),
    runDirectory: place,
    handedPipes: undefined,
  });
  const answer = logs.open({ slug: 'asks', instance: 0, maxBytes: 1 << 20, keep: 3 });
  assert.ok(answer.is === 'open', JSON.stringify(answer));
  const { log } = answer;
  const go = path.join(place, 'go');
  const done = runIn(log, `printf "Overwrite? [y/N] "; while ! [ -e ${go} ]; do sleep 0.05; done; echo yes`);
  await untilTrue(() => /\tINFO\tOverwrite\? \[y\/N\] \n$/.test(readFileSync(log.path, 'utf8')));
  writeFileSync(go, '');
  await done;
  await log.commandEnded(60_000);
  await log.close();
  assert.match(readFileSync(log.path, 'utf8'), /\tINFO\tOverwrite\? \[y\/N\] \n.*\tINFO\+\tyes\n/);
});
