import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { files } from '../../../src/system/file/files.ts';

const home = mkdtempSync(path.join(tmpdir(), 'files-'));
after(() => rmSync(home, { recursive: true }));
const inside = path.join(home, 'jobs');
const outside = path.join(home, 'elsewhere');
mkdirSync(path.join(inside, 'sub'), { recursive: true });
mkdirSync(outside);
const place = (name: string) => path.join(inside, name);
const limit = { limitBytes: 1000, inside };

function answer(name: string): string {
  const read = files.readRegular(place(name), limit);
  if (read.is === 'read') return new TextDecoder().decode(read.bytes);
  return read.is === 'refused' ? read.reason : 'absent';
}

test('a regular file is read whole, with its facts', () => {
  writeFileSync(place('plain'), 'text');
  chmodSync(place('plain'), 0o640);
  const read = files.readRegular(place('plain'), limit);
  assert.ok(read.is === 'read');
  assert.equal(new TextDecoder().decode(read.bytes), 'text');
  assert.equal(read.facts.mode, 0o640);
  assert.equal(read.facts.uid, process.getuid?.());
  assert.equal(read.facts.sizeBytes, 4);
});

test('the bytes of a read stay unchanged when another file is read', () => {
  writeFileSync(place('one'), '1111');
  writeFileSync(place('two'), '2222');
  const one = files.readRegular(place('one'), limit);
  answer('two');
  assert.equal(one.is === 'read' && new TextDecoder().decode(one.bytes), '1111');
});

test('a file at the limit is read, one byte more is refused', () => {
  writeFileSync(place('most'), 'x'.repeat(1000));
  writeFileSync(place('more'), 'x'.repeat(1001));
  assert.equal(answer('most').length, 1000);
  assert.equal(answer('more'), 'the file has 1001 bytes, more than the 1000 that are read');
});

test('a file of 5 MB is refused without being read', () => {
  writeFileSync(place('large'), '');
  truncateSync(place('large'), 5_000_000);
  assert.match(answer('large'), /5000000 bytes/);
});

test('an empty file is read', () => {
  writeFileSync(place('empty'), '');
  assert.equal(answer('empty'), '');
});

test('a missing file is absent, also below a file that is not a directory', () => {
  writeFileSync(place('file'), '');
  assert.equal(answer('nothing'), 'absent');
  assert.equal(answer('file/below'), 'absent');
});

test('a FIFO without a writer is refused at once', () => {
  execFileSync('mkfifo', [place('fifo')]);
  assert.equal(answer('fifo'), 'this is a FIFO, not a file');
});

test('a directory is refused', () => {
  mkdirSync(place('directory.yaml'));
  assert.equal(answer('directory.yaml'), 'this is a directory, not a file');
});

test('a socket is refused', async () => {
  const server = createServer().listen(place('socket'));
  await once(server, 'listening');
  assert.equal(answer('socket'), 'this is a socket, not a file');
  server.close();
});

test('a device is refused', () => {
  const read = files.readRegular('/dev/zero', { limitBytes: 1000 });
  assert.deepEqual(read, { is: 'refused', reason: 'this is a device, not a file' });
});

test('a link is followed as long as it stays inside', () => {
  writeFileSync(place('sub/target'), 'found');
  symlinkSync('sub/target', place('link'));
  symlinkSync(place('link'), place('link-to-link'));
  assert.equal(answer('link'), 'found');
  assert.equal(answer('link-to-link'), 'found');
});

test('a link that leads out is refused, in every form', () => {
  writeFileSync(path.join(outside, 'secret'), 'secret');
  symlinkSync(path.join(outside, 'secret'), place('out'));
  symlinkSync('../elsewhere/secret', place('out-relative'));
  symlinkSync('out', place('out-by-two'));
  symlinkSync('../elsewhere', place('door'));
  symlinkSync('/dev/zero', place('to-a-device'));
  symlinkSync('/proc/self/cmdline', place('to-proc'));
  for (const name of ['out', 'out-relative', 'out-by-two', 'door/secret', 'to-a-device', 'to-proc']) {
    assert.equal(answer(name), `this link leads out of ${inside}`, name);
  }
});

test('a directory whose name only begins like the right one is outside', () => {
  mkdirSync(`${inside}-evil`);
  writeFileSync(`${inside}-evil/file`, 'evil');
  symlinkSync(`${inside}-evil/file`, place('evil'));
  assert.equal(answer('evil'), `this link leads out of ${inside}`);
});

test('a link that leads nowhere, or to itself, is refused', () => {
  symlinkSync('nothing', place('dangling'));
  symlinkSync('loop', place('loop'));
  assert.equal(answer('dangling'), 'this link does not lead to a file');
  assert.equal(answer('loop'), 'this link does not lead to a file');
});

test('a directory that is itself a link counts as inside', () => {
  symlinkSync(inside, path.join(home, 'alias'));
  writeFileSync(place('through'), 'found');
  const read = files.readRegular(path.join(home, 'alias/through'), {
    limitBytes: 1000,
    inside: path.join(home, 'alias'),
  });
  assert.equal(read.is, 'read');
  const other = files.readRegular(path.join(home, 'alias/through'), { limitBytes: 1000, inside });
  assert.equal(other.is, 'read');
});

test('a file that another user may not show is refused', {
  skip: process.getuid?.() !== 0 && 'needs root to be somebody else',
}, () => {
  writeFileSync(place('private'), 'secret');
  chmodSync(place('private'), 0o600);
  chmodSync(home, 0o755);
  process.seteuid?.(65_534);
  try {
    assert.equal(answer('private'), 'this user may not read it');
  } finally {
    process.seteuid?.(0);
  }
});

/** Reads a file again and again, while another process does this to it, until it is refused. */
async function refusalWhile(write: string): Promise<string> {
  const busy = place('busy');
  writeFileSync(busy, 'x'.repeat(50_000));
  const script = `const fs = require('node:fs'); const fd = fs.openSync(${JSON.stringify(busy)}, 'r+');
    process.stdout.write('writing'); for (let n = 0; ; n += 1) { ${write} }`;
  const writer = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(writer.stdout, 'data');
  const deadline = Date.now() + 60_000;
  let reason = '';
  while (reason === '' && Date.now() < deadline) {
    const read = files.readRegular(busy, { limitBytes: 200_000, inside });
    if (read.is === 'refused') reason = read.reason;
  }
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  return reason;
}

test('a file that grows and shrinks while it is read is refused', async () => {
  const reason = await refusalWhile('fs.ftruncateSync(fd, 50000 + (n % 100000));');
  assert.equal(reason, 'the file changed while it was read; try again');
});

test('a file that is overwritten while it is read is refused, although its size stays', async () => {
  const reason = await refusalWhile("fs.writeSync(fd, 'y', n % 50000);");
  assert.equal(reason, 'the file changed while it was read; try again');
});

test('a file whose size differs from its content is refused', () => {
  const read = files.readRegular('/proc/self/status', { limitBytes: 100_000 });
  assert.deepEqual(read, { is: 'refused', reason: 'the file changed while it was read; try again' });
});

test('facts are those of the link itself', () => {
  assert.equal(files.facts(place('dangling'))?.kind, 'symlink');
  assert.equal(files.facts(place('fifo'))?.kind, 'fifo');
  assert.equal(files.facts('/dev/null')?.kind, 'device');
  assert.equal(files.facts(place('nothing')), undefined);
});

test("a directory that can't be listed and a path that can't be resolved are undefined", () => {
  assert.equal(files.list(place('plain')), undefined);
  assert.equal(files.list(place('nothing')), undefined);
  assert.ok(files.list(inside)?.includes('plain'));
  assert.equal(files.resolve(place('loop')), undefined);
  assert.equal(files.resolve(place('link')), place('sub/target'));
});
