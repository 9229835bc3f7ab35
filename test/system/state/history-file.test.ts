import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { historyStore } from '../../../src/system/state/history-file.ts';

function withStore(use: (store: ReturnType<typeof historyStore>, directory: string) => void): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-history-'));
  try {
    use(
      historyStore({
        stateDirectory: directory,
        rotateBytes: 512 * 1024,
        predecessorDirectories: [path.join(directory, 'old')],
      }),
      directory,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const lineOf = (n: number) => `{"event":"interrupted","run":"r${n}","atMs":${n}}\n`;

test('lines are appended, in a directory that the first one creates', () => {
  withStore((store, directory) => {
    assert.equal(store.read('a'), '');
    assert.deepEqual(store.append('a', lineOf(1)), { ok: true });
    store.append('a', lineOf(2));
    assert.equal(store.read('a'), lineOf(1) + lineOf(2));
    assert.equal(statSync(path.join(directory, 'history/a.jsonl')).mode & 0o777, 0o644);
  });
});

test('a torn line gets a newline before the next one is written', () => {
  withStore((store, directory) => {
    store.append('a', lineOf(1));
    appendFileSync(path.join(directory, 'history/a.jsonl'), '{"event":"ended","ru');
    store.append('a', lineOf(2));
    assert.equal(store.read('a'), `${lineOf(1)}{"event":"ended","ru\n${lineOf(2)}`);
  });
});

test('the history of a job that runs for ever stays bounded, and the rotated part is still read', () => {
  withStore((store, directory) => {
    for (let n = 0; n < 40_000; n += 1) {
      store.append('a', lineOf(n));
      if (n % 100 === 0) store.rotate('a');
    }
    const sizes = ['a.jsonl', 'a.jsonl.1'].map((name) => statSync(path.join(directory, 'history', name)).size);
    assert.ok(Math.max(...sizes) < 600 * 1024, String(sizes));
    assert.ok(store.read('a').endsWith(lineOf(39_999)));
    assert.ok(store.read('a').split('\n').length > 10_000);
  });
});

test('an older part that can not be read is set aside, and not dropped', () => {
  withStore((store, directory) => {
    store.append('a', lineOf(1));
    execFileSync('mkfifo', [path.join(directory, 'history/a.jsonl.1')]);
    truncateSync(path.join(directory, 'history/a.jsonl'), 600 * 1024);
    const warning = store.rotate('a', () => '');
    const names = readdirSync(path.join(directory, 'history')).sort();
    assert.equal(names[0], 'a.jsonl.1');
    assert.match(names[1] ?? '', /^a\.jsonl\.1\.unread-\d+$/);
    assert.match(
      warning ?? '',
      /a\.jsonl\.1 can't be read \(it is a FIFO, not a file\), and was kept as .*\.unread-\d+$/,
    );
    assert.ok(statSync(path.join(directory, `history/${names[1]}`)).isFIFO());
    assert.ok(statSync(path.join(directory, 'history/a.jsonl.1')).isFile());
  });
});

test('a symbolic link or a FIFO in place of a history is neither followed nor waited for', () => {
  withStore((store, directory) => {
    mkdirSync(path.join(directory, 'history'));
    writeFileSync(path.join(directory, 'secret'), 'secret\n');
    symlinkSync('../secret', path.join(directory, 'history/link.jsonl'));
    execFileSync('mkfifo', [path.join(directory, 'history/pipe.jsonl')]);
    assert.equal(store.read('link'), '');
    assert.equal(store.append('link', lineOf(1)).ok, false);
    assert.equal(store.read('pipe'), '');
    assert.equal(readFileSync(path.join(directory, 'secret'), 'utf8'), 'secret\n');
  });
});

test("the predecessor's state is found, and read only", () => {
  withStore((store, directory) => {
    assert.equal(store.predecessor('a'), undefined);
    mkdirSync(path.join(directory, 'old'));
    writeFileSync(path.join(directory, 'old/a.yaml'), 'history: []\n');
    assert.equal(new TextDecoder().decode(store.predecessor('a')), 'history: []\n');
  });
});

test('many writers at once lose no line and mix none', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-history-'));
  const module = path.resolve(import.meta.dirname, '../../../src/system/state/history-file.js');
  const script = `import(${JSON.stringify(module)}).then(({historyStore}) => {
    const s = historyStore({stateDirectory: ${JSON.stringify(directory)}, rotateBytes: 512 * 1024, predecessorDirectories: []});
    for (let i = 0; i < 300; i += 1) s.append('a', JSON.stringify({event:'interrupted',run:process.pid+'-'+i,atMs:i})+'\\n');
  })`;
  const { spawn } = await import('node:child_process');
  const writers = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', script], { stdio: 'inherit' }));
  await Promise.all(writers.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  // A look at a line that another writer is just adding may take it for torn; the empty line that
  // follows from it means nothing.
  const lines = readFileSync(path.join(directory, 'history/a.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  assert.equal(new Set(lines.map((line) => (JSON.parse(line) as { run: string }).run)).size, 1200);
  rmSync(directory, { recursive: true });
});
