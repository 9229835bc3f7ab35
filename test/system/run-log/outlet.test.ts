import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { Outlet, type OutletLimits } from '../../../src/system/run-log/outlet.ts';
import { program, scratch, until } from './capturing.ts';

/** A descriptor that takes 64 KiB and then blocks until the test reads, like a disk that hangs. */
function hangingDisk(t: TestContext) {
  const file = path.join(scratch(t), 'fifo');
  spawnSync('mkfifo', [file]);
  const readFd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(file, constants.O_WRONLY);
  t.after(() => closeSync(readFd));
  return { fd, readFd };
}

interface Gap {
  readonly bytes: number;
  readonly reason: string;
}

function outletTo(fd: number, limits: Partial<OutletLimits>) {
  const gaps: Gap[] = [];
  let rooms = 0;
  let onRoom: () => void = () => {};
  const outlet = new Outlet({
    fd,
    limits,
    onRoom: () => {
      rooms += 1;
      onRoom();
    },
    gapText: (bytes, reason) => {
      gaps.push({ bytes, reason });
      return Buffer.from(`[${bytes} lost]`);
    },
  });
  const room = () =>
    new Promise<void>((resolve) => {
      onRoom = resolve;
    });
  return { outlet, gaps, room, rooms: () => rooms };
}

test('bytes arrive in order, whatever the sizes in which they are written', async (t) => {
  const file = path.join(scratch(t), 'log');
  const { outlet } = outletTo(openSync(file, 'w'), {});
  const pieces = [1, 300_000, 0, 262_144, 77, 1_000_000, 3].map((size, index) => Buffer.alloc(size, index + 65));
  for (const piece of pieces) outlet.write(piece);
  await outlet.close();
  assert.ok(readFileSync(file).equals(Buffer.concat(pieces)));
  assert.equal(outlet.lostBytes, 0);
});

test('it is full at the high mark and calls back when there is room again', async (t) => {
  const { fd, readFd } = hangingDisk(t);
  const { outlet, room, rooms } = outletTo(fd, { highBytes: 200_000, lowBytes: 100_000 });
  outlet.write(Buffer.alloc(199_999));
  assert.equal(outlet.isFull, false);
  outlet.write(Buffer.alloc(1));
  assert.equal(outlet.isFull, true);
  assert.equal(rooms(), 0);
  const drained = drain(readFd, 200_000);
  await room();
  await Promise.all([outlet.close(), drained]);
  assert.equal(outlet.lostBytes, 0);
});

test('a disk that hangs fails after a while; later output surrounds the gap', async (t) => {
  const { fd, readFd } = hangingDisk(t);
  const { outlet, gaps, room } = outletTo(fd, { highBytes: 100_000, lowBytes: 1000, stallMs: 50 });
  outlet.write(Buffer.alloc(99_990, 'a'));
  await room();
  outlet.write(Buffer.alloc(500, 'b'));
  outlet.write(Buffer.alloc(1, 'c'));
  outlet.write(Buffer.alloc(100_000, 'd'));
  assert.equal(outlet.isFull, false, 'nobody is to wait for a disk that hangs');
  const [text] = await Promise.all([drain(readFd, 100_003), until(() => gaps.length > 0)]);
  outlet.write(Buffer.from('after'));
  await outlet.close();
  assert.deepEqual(gaps, [{ bytes: 100_501, reason: 'stalled' }]);
  assert.equal(outlet.lostBytes, 100_501);
  assert.equal(text + (await drain(readFd, 5)), `${'a'.repeat(99_990)}[100501 lost]after`);
});

test('lines that must not be lost are kept while it fails, after the note of the gap', async (t) => {
  const { fd, readFd } = hangingDisk(t);
  const { outlet, room } = outletTo(fd, { highBytes: 100_000, lowBytes: 1000, stallMs: 50 });
  outlet.write(Buffer.alloc(100_000, 'a'));
  assert.equal(outlet.isFull, true);
  await room();
  outlet.write(Buffer.alloc(70, 'b'));
  outlet.writeSurely(Buffer.from('end'));
  outlet.write(Buffer.alloc(30, 'c'));
  const [text] = await Promise.all([drain(readFd, 100_021), outlet.close()]);
  assert.equal(text, `${'a'.repeat(100_000)}[70 lost]end[30 lost]`);
  assert.equal(outlet.lostBytes, 100);
});

const refusals = [
  ['/dev/full', 'ENOSPC'],
  ['/proc/self/mem', 'EIO'],
] as const;
for (const [file, reason] of refusals) {
  test(`what ${file} refuses is counted, with the reason ${reason}, and no process waits`, async () => {
    const { outlet } = outletTo(openSync(file, 'w'), { highBytes: 1000 });
    outlet.write(Buffer.alloc(900));
    outlet.flush();
    await until(() => !outlet.isFull);
    await outlet.close();
    assert.equal(outlet.lostBytes, 900);
    assert.equal(outlet.lostReason, reason);
  });
}

test('a program whose disk hangs for ever counts what is lost, and ends', async (t) => {
  const child = spawn(process.execPath, [program('hangs-on-disk'), path.join(scratch(t), 'fifo')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  assert.equal(said, 'the timer fired\n100000 bytes lost: stalled\n');
});

async function drain(fd: number, bytes: number): Promise<string> {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  await until(() => {
    try {
      length += readSync(fd, buffer, length, bytes - length, null);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    }
    return length === bytes;
  });
  return buffer.toString('latin1');
}
