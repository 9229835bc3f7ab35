import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { privateCache, publicCache } from '../../../src/system/state/cache.ts';

function withCache(use: (cache: ReturnType<typeof privateCache>, directory: string, file: string) => void): void {
  const base = mkdtempSync(path.join(os.tmpdir(), 'pc-cache-'));
  const directory = path.join(base, 'cache');
  try {
    const cache = privateCache(directory);
    cache.write('jobs', 'what was known \u00e4');
    assert.equal(cache.read('jobs'), 'what was known \u00e4');
    use(cache, directory, path.join(directory, 'jobs'));
  } finally {
    rmSync(base, { recursive: true });
  }
}

test('only the owner can reach an entry', () => {
  const before = process.umask(0);
  withCache((_cache, directory, file) => {
    assert.equal(statSync(directory).mode & 0o7777, 0o700);
    assert.equal(statSync(file).mode & 0o7777, 0o600);
  });
  process.umask(before);
});

/** Problems of the cache, each of which makes it empty. */
const faults: Record<string, (directory: string, file: string) => void> = {
  'a flipped bit': (_directory, file) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
    writeFileSync(file, bytes);
  },
  'a torn end': (_directory, file) => writeFileSync(file, readFileSync(file).subarray(0, -1)),
  'no content': (_directory, file) => writeFileSync(file, ''),
  'no checksum': (_directory, file) => writeFileSync(file, '{}'),
  'a file that others can write': (_directory, file) => chmodSync(file, 0o622),
  'a directory that others can enter': (directory) => chmodSync(directory, 0o755),
  'a second name': (_directory, file) => linkSync(file, `${file}2`),
  'a link to somewhere else': (_directory, file) => {
    writeFileSync(`${file}2`, readFileSync(file), { mode: 0o600 });
    rmSync(file);
    symlinkSync(`${file}2`, file);
  },
};

for (const [what, spoil] of Object.entries(faults)) {
  test(`${what} makes the cache empty, and the next write repairs it if it can`, () => {
    withCache((cache, directory, file) => {
      spoil(directory, file);
      assert.equal(cache.read('jobs'), undefined);
      cache.write('jobs', 'new');
      assert.equal(cache.read('jobs'), what.startsWith('a directory') ? undefined : 'new');
    });
  });
}

const notRoot = process.geteuid?.() === 0 ? false : 'needs root';

test("another user's file or directory is not trusted", { skip: notRoot }, () => {
  withCache((cache, directory, file) => {
    chownSync(file, 65534, 0);
    assert.equal(cache.read('jobs'), undefined);
    chownSync(file, 0, 0);
    chownSync(directory, 65534, 0);
    assert.equal(cache.read('jobs'), undefined);
    cache.write('other', 'x');
    chownSync(directory, 0, 0);
    assert.equal(cache.read('other'), undefined);
  });
});

test("a directory that can't be written is ignored", () => {
  const cache = privateCache('/proc/none/cache');
  cache.write('jobs', 'x');
  assert.equal(cache.read('jobs'), undefined);
});

test("everyone can read root's public cache, and nobody else's counts", { skip: notRoot }, () => {
  const base = mkdtempSync(path.join(os.tmpdir(), 'pc-cache-'));
  const directory = path.join(base, 'cache');
  const [umask, euid] = [process.umask(0o077), process.geteuid?.() ?? 0];
  try {
    chmodSync(base, 0o755);
    const cache = publicCache(directory);
    assert.equal(cache.has('jobs'), false);
    cache.write('jobs', 'known to all');
    assert.equal(cache.has('jobs'), true);
    process.seteuid?.(65534);
    assert.equal(cache.read('jobs'), 'known to all');
    cache.write('jobs', 'planted');
    assert.equal(cache.read('jobs'), 'known to all');
    process.seteuid?.(euid);
    for (const [file, uid] of [
      [path.join(directory, 'jobs'), 65534],
      [directory, 65534],
    ] as const) {
      chownSync(file, uid, 0);
      assert.equal(cache.read('jobs'), undefined, file);
      chownSync(file, 0, 0);
    }
    chmodSync(directory, 0o777);
    assert.equal(cache.read('jobs'), undefined);
  } finally {
    process.seteuid?.(euid);
    process.umask(umask);
    rmSync(base, { recursive: true });
  }
});
