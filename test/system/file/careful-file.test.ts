/**
 * The careful reader, while another process replaces its files by links and FIFOs as fast as it
 * can.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { inDirectory, namesIn, readCarefully, readEnd, readLinkIn } from '../../../src/system/file/careful-file.ts';

/** renameat2(2) with RENAME_EXCHANGE, by architecture. */
const renameat2: Readonly<Record<string, number>> = { x64: 316, arm64: 276, riscv64: 276, loong64: 276 };
const number = renameat2[process.arch];
const skip = number !== undefined && existsSync('/usr/bin/perl') ? false : 'needs perl, and a known system call';

/**
 * `NUMBER A B …`: exchanges A and B, then the next pair, without end; says "ready" after the first
 * round.
 */
const storm = `my $number = shift() + 0; $| = 1;
for (my $round = 0; ; $round++) {
  for (my $at = 0; $at < @ARGV; $at += 2) {
    my ($one, $other) = @ARGV[$at, $at + 1];
    syscall($number, -100, $one, -100, $other, 2) == 0 or die "$one $other: $!";
  }
  print "ready\\n" if $round == 100;
}`;

describe('in a storm of exchanges', { skip }, () => {
  const secret = 'only root may read this';
  let top: string;
  let stormy: ChildProcess;
  before(async () => {
    top = mkdtempSync(path.join(tmpdir(), 'careful-'));
    const at = (name: string) => path.join(top, name);
    for (const name of ['base', 'base/folder', 'base/folder/deeper', 'elsewhere', 'elsewhere/deeper'])
      mkdirSync(at(name));
    for (const name of ['base/folder/file', 'base/folder/deeper/file', 'base/waits']) writeFileSync(at(name), 'own');
    for (const name of ['elsewhere/file', 'elsewhere/deeper/file', 'elsewhere/stolen']) writeFileSync(at(name), secret);
    symlinkSync(at('elsewhere'), at('base/folder-link'));
    symlinkSync(at('elsewhere/deeper'), at('deeper-link'));
    symlinkSync(at('elsewhere/file'), at('file-link'));
    symlinkSync(secret, at('elsewhere/link'));
    symlinkSync('own', at('base/folder/link'));
    execFileSync('mkfifo', [at('fifo')]);
    const pairs = [
      ...['base/folder/file', 'file-link', 'base/folder/deeper', 'deeper-link', 'base/waits', 'fifo'],
      ...['base/folder', 'base/folder-link'],
    ];
    // What stands below the folder is exchanged while the folder is itself: afterwards all is back
    // where it was.
    const round = [...pairs, ...pairs.slice(-2), ...pairs.slice(0, -2)];
    const args = ['-e', storm, String(number), ...round.map(at)];
    stormy = spawn('/usr/bin/perl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(stormy.stdout ?? stormy, 'data');
  });
  after(() => {
    stormy.kill('SIGKILL');
    rmSync(top, { recursive: true, force: true });
  });

  /** The results of many attempts: the answers, and the codes of the refusals. */
  function tried(read: () => string): ReadonlySet<string> {
    const came = new Set<string>();
    // Both must be seen: a storm that never meets the reader proves nothing.
    const endMs = performance.now() + 20_000;
    for (let count = 0; count < 5000 || (came.size < 2 && performance.now() < endMs); count += 1) {
      try {
        came.add(read());
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === undefined) throw error;
        came.add(code);
      }
    }
    assert.equal(stormy.exitCode, null);
    return came;
  }

  const open = () => readdirSync('/proc/self/fd').length;
  const ways: readonly [string, () => string][] = [
    ['a file', () => readCarefully(path.join(top, 'base'), 'folder/file', 1000).toString()],
    ['a file further down', () => readCarefully(path.join(top, 'base'), 'folder/deeper/file', 1000).toString()],
    ['the end of a file', () => readEnd(path.join(top, 'base'), 'folder/file', 1000).bytes.toString()],
    ['a file that is a FIFO at times', () => readCarefully(path.join(top, 'base'), 'waits', 1000).toString()],
    ['the words of a link', () => readLinkIn(path.join(top, 'base'), 'folder/link')],
    ['the names in a folder', () => (namesIn(path.join(top, 'base'), 'folder').includes('stolen') ? secret : 'own')],
    [
      'what is reached from an open folder',
      () =>
        inDirectory(path.join(top, 'base'), 'folder/deeper', (directory) =>
          existsSync(`${directory}/../stolen`) ? secret : 'own',
        ),
    ],
  ];
  for (const [what, read] of ways) {
    test(`${what} reads its own file or fails, and no descriptor stays open`, () => {
      const before = open();
      const came = tried(read);
      assert.deepEqual(
        [...came].filter((answer) => answer !== 'own' && !/^E[A-Z]+$/.test(answer)),
        [],
      );
      assert.ok(came.has('own') && came.size > 1, [...came].join(' '));
      assert.equal(open(), before);
    });
  }
});
