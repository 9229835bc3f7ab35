import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { publisher } from '../../../src/system/cron/publish.ts';
import type { CrontabChange, Refusal, Turn } from '../../../src/system/types/cron.ts';

const notRoot = process.geteuid?.() === 0 ? false : 'needs root';

/** The path of a crontab's lock during a turn. */
function lockOf(file: string): string {
  if (notRoot) return path.join(path.dirname(file), `.${path.basename(file)}.lock`);
  return `/run/process-control-generate/${file.replace(/[^\w-]/g, '_')}.lock`;
}

function withDirectory(use: (directory: string, file: string) => void): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-publish-'));
  try {
    use(directory, path.join(directory, 'jobs'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
    rmSync(lockOf(path.join(directory, 'jobs')), { force: true });
  }
}

function mine(answer: Turn | Refusal): Turn {
  if ('reason' in answer) assert.fail(answer.reason);
  return answer;
}

function publish(file: string, texts: Record<string, string>, removals: readonly string[] = []): Refusal | undefined {
  const writes = Object.entries(texts).map(([name, text]) => ({ name, text }));
  const change: CrontabChange = { path: file, writes, removals };
  const turn = mine(publisher.turn(file, 5));
  const answer = publisher.publish(change);
  turn.end();
  return answer;
}

test('a published file has the text, the mode and the owner that cron requires, and one link', () => {
  withDirectory((directory, file) => {
    const before = process.umask(0o077);
    assert.equal(publish(file, { jobs: 'text \u00e4\n' }), undefined);
    process.umask(before);
    const facts = lstatSync(file);
    assert.equal(readFileSync(file, 'utf8'), 'text \u00e4\n');
    assert.deepEqual([facts.mode & 0o7777, facts.uid, facts.nlink], [0o644, process.geteuid?.(), 1]);
    assert.deepEqual(readdirSync(directory).sort(), ['jobs']);
  });
});

test('root publishes as root:root, also in a setgid directory', { skip: notRoot }, () => {
  withDirectory((directory, file) => {
    chownSync(directory, 0, 4);
    chmodSync(directory, 0o2755);
    publish(file, { jobs: 'text\n' });
    assert.deepEqual([statSync(file).uid, statSync(file).gid], [0, 0]);
  });
});

test('each new text has a new mtime in whole seconds, also after a file from the future', () => {
  withDirectory((_directory, file) => {
    const seconds = () => Math.floor(statSync(file).mtimeMs / 1000);
    publish(file, { jobs: '1\n' });
    const first = seconds();
    publish(file, { jobs: '2\n' });
    const second = seconds();
    assert.ok(second > first);
    utimesSync(file, 4_000_000_000, 4_000_000_000);
    publish(file, { jobs: '3\n' });
    assert.equal(seconds(), 4_000_000_001);
  });
});

test('an old file is replaced and never rewritten: a process that has it open reads it to its end', () => {
  withDirectory((_directory, file) => {
    writeFileSync(file, 'old\n');
    linkSync(file, `${file}.saved`);
    publish(file, { jobs: 'new\n' });
    assert.equal(readFileSync(`${file}.saved`, 'utf8'), 'old\n');
    assert.equal(readFileSync(file, 'utf8'), 'new\n');
    assert.equal(lstatSync(file).nlink, 1);
  });
});

test('one change adds and removes several files', () => {
  withDirectory((directory, file) => {
    publish(file, { 'jobs-2': '2\n', jobs: '1\n' });
    assert.equal(publish(file, { jobs: 'all\n' }, ['jobs-2']), undefined);
    assert.deepEqual(readdirSync(directory).sort(), ['jobs']);
  });
});

test("no file is replaced when one of the texts can't be written", { skip: notRoot }, () => {
  withDirectory((directory, file) => {
    publish(file, { jobs: 'old\n', 'jobs-2': 'old\n' });
    // A file system of 64 KiB is full soon.
    const script = `mount -t tmpfs -o size=64k none ${directory} && exec ${process.execPath} -e '
      import(${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/system/cron/publish.js'))}).then(({ publisher }) => {
        const file = ${JSON.stringify(file)};
        const write = (...writes) => publisher.publish({ path: file, writes, removals: [] });
        publisher.turn(file, 5);
        write({ name: "jobs", text: "old" });
        const refusal = write({ name: "jobs", text: "new" }, { name: "jobs-2", text: "x".repeat(100000) });
        const { readFileSync, readdirSync } = require("fs");
        console.log(JSON.stringify([refusal, readFileSync(file, "utf8"), readdirSync(${JSON.stringify(directory)})]));
      })'`;
    const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' });
    const [refusal, text, names] = JSON.parse(stdout || `["${stderr}"]`);
    assert.equal(refusal.denied, false);
    assert.match(refusal.reason, /jobs: no space left on device/);
    assert.equal(text, 'old');
    assert.deepEqual(names.sort(), ['jobs']);
  });
});

test('files that a killed cron-generate left are removed, and no others', () => {
  withDirectory((directory, file) => {
    const others = [
      '.jobs.tmp-x',
      '.jobs-2.tmp-0123456789abcdef',
      '.jobs.tmp-0123456789abcdefg',
      'jobs.tmp-0123456789abcdef',
    ];
    for (const name of ['.jobs.tmp-0123456789abcdef', ...others]) writeFileSync(path.join(directory, name), '');
    mkdirSync(path.join(directory, '.jobs.tmp-fedcba9876543210'));
    publish(file, { jobs: 'text\n' });
    assert.deepEqual(readdirSync(directory).sort(), [...others, '.jobs.tmp-fedcba9876543210', 'jobs'].sort());
  });
});

test('cron-generate waits for its turn, and gives up with a reason', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-publish-'));
  const file = path.join(directory, 'jobs');
  const first = mine(publisher.turn(file, 5));
  const refused = publisher.turn(file, 0);
  assert.ok('reason' in refused && !refused.denied && /another cron-generate/.test(refused.reason));
  const module = path.resolve(import.meta.dirname, '../../../src/system/cron/publish.js');
  const waiting = spawn(process.execPath, [
    '-e',
    `import(${JSON.stringify(module)}).then(({publisher}) => { console.log('waits'); publisher.turn(${JSON.stringify(file)}, 30); console.log('mine'); })`,
  ]);
  let said = '';
  await new Promise<void>((resolve) => {
    waiting.stdout.on('data', (chunk) => {
      said += chunk;
      if (said === 'waits\n') resolve();
    });
  });
  assert.equal(said, 'waits\n');
  first.end();
  await new Promise((resolve) => waiting.once('close', resolve));
  assert.equal(said, 'waits\nmine\n');
  rmSync(directory, { recursive: true });
});

test('a turn leaves no lock file anywhere, and removes the one that 1.0 kept in /etc/cron.d', () => {
  withDirectory((directory, file) => {
    const old = path.join(directory, '.jobs.lock');
    if (!notRoot) writeFileSync(old, '', { mode: 0o600 });
    const turn = mine(publisher.turn(file, 1));
    assert.ok(existsSync(lockOf(file)), 'there is one during the turn');
    if (!notRoot) assert.deepEqual(readdirSync(directory), [], 'but not where cron reads');
    turn.end();
    assert.deepEqual([existsSync(lockOf(file)), readdirSync(directory)], [false, []]);
  });
});

test("a lock file of 1.0's name that is not empty, or not root's, is left alone", { skip: notRoot }, () => {
  withDirectory((directory, file) => {
    const old = path.join(directory, '.jobs.lock');
    writeFileSync(old, 'text', { mode: 0o600 });
    mine(publisher.turn(file, 1)).end();
    writeFileSync(old, '');
    chownSync(old, 65534, 65534);
    mine(publisher.turn(file, 1)).end();
    assert.ok(existsSync(old));
  });
});

test('waiting cron-generates never work at the same time, although each removes the lock file', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pc-publish-'));
  const file = path.join(directory, 'jobs');
  const module = path.resolve(import.meta.dirname, '../../../src/system/cron/publish.js');
  const script = `import(${JSON.stringify(module)}).then(async ({ publisher }) => {
    const fs = await import('node:fs');
    for (let round = 0; round < 12; round += 1) {
      const turn = publisher.turn(${JSON.stringify(file)}, 60);
      if (turn.reason !== undefined) throw new Error(turn.reason);
      fs.mkdirSync(${JSON.stringify(`${directory}/inside`)});
      fs.rmdirSync(${JSON.stringify(`${directory}/inside`)});
      turn.end();
    }
  })`;
  const all = Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', script], { stdio: 'inherit' }));
  const codes = await Promise.all(all.map((child) => new Promise((resolve) => child.once('close', resolve))));
  rmSync(directory, { recursive: true });
  assert.deepEqual(codes, [0, 0, 0, 0]);
});

test('a turn ends with its cron-generate, however that ends', () => {
  withDirectory((_directory, file) => {
    const module = path.resolve(import.meta.dirname, '../../../src/system/cron/publish.js');
    const script = `import(${JSON.stringify(module)}).then(({publisher}) => { publisher.turn(${JSON.stringify(file)}, 5); process.kill(process.pid, 9); })`;
    assert.equal(spawnSync(process.execPath, ['-e', script]).signal, 'SIGKILL');
    mine(publisher.turn(file, 0)).end();
  });
});

/** Files that another user could have put in the place of the lock. */
const obstacles: readonly (readonly [string, (lock: string) => void])[] = [
  ['a symbolic link', (lock) => symlinkSync('/tmp/nowhere', lock)],
  ['a FIFO', (lock) => execFileSync('mkfifo', [lock])],
  ['a directory', (lock) => mkdirSync(lock)],
  ['a file that others can open', (lock) => writeFileSync(lock, '', { mode: 0o666 })],
  [
    'a second name of another file',
    (lock) => {
      writeFileSync(`${lock}2`, '', { mode: 0o600 });
      linkSync(`${lock}2`, lock);
    },
  ],
];

for (const [what, put] of obstacles) {
  test(`${what} in the place of the lock is refused at once`, () => {
    withDirectory((_directory, file) => {
      mine(publisher.turn(file, 1)).end();
      put(lockOf(file));
      try {
        const answer = publisher.turn(file, 1);
        assert.ok('reason' in answer && answer.reason.startsWith(`${lockOf(file)}: `), JSON.stringify(answer));
        assert.equal(existsSync('/tmp/nowhere'), false);
      } finally {
        for (const name of [lockOf(file), `${lockOf(file)}2`]) rmSync(name, { recursive: true, force: true });
      }
    });
  });
}

test('a directory in which other users can write is refused', () => {
  withDirectory((directory, file) => {
    chmodSync(directory, 0o777);
    assert.deepEqual(publisher.turn(file, 1), {
      denied: true,
      reason: `${directory}: other users can write in the directory`,
    });
    chmodSync(directory, 0o1777);
    mine(publisher.turn(file, 1)).end();
  });
});

test("another user's directory is refused to root, and root's own is accepted", { skip: notRoot }, () => {
  withDirectory((directory, file) => {
    mine(publisher.turn(file, 1)).end();
    chownSync(directory, 65534, 0);
    const answer = publisher.turn(file, 1);
    assert.ok('reason' in answer && answer.denied);
  });
});

test('a refusal names the path', () => {
  withDirectory((directory, file) => {
    assert.deepEqual(publisher.turn(path.join(directory, 'none/jobs'), 1), {
      denied: false,
      reason: `${directory}/none: no such file or directory`,
    });
    mkdirSync(path.join(directory, 'jobs'));
    const answer = publish(file, { jobs: 'text\n' });
    assert.match(answer?.reason ?? '', /^\S+jobs: .*directory/);
    assert.deepEqual(readdirSync(directory).sort(), ['jobs'], 'and leaves nothing behind');
  });
});
