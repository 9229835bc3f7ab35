/**
 * The first lines of npm test name what keeps the suite from running, before any test waits in
 * vain.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';

const script = path.resolve(import.meta.dirname, '../../../scripts/test.mjs');
const isRoot = process.geteuid?.() === 0;

describe('npm test', { skip: isRoot ? false : 'needs root: it is run as two users' }, () => {
  const top = isRoot ? mkdtempSync('/var/lib/.pc-test-') : '';
  after(() => rmSync(top, { recursive: true, force: true }));

  /**
   * A checkout with one test file that is not built: a run that gets so far fails because npm has
   * no such script.
   */
  function checkout(mode: number): string {
    const place = mkdtempSync(path.join(top, 'place-'));
    const tree = path.join(place, 'tree');
    for (const folder of ['scripts', 'test']) mkdirSync(path.join(tree, folder), { recursive: true });
    cpSync(script, path.join(tree, 'scripts/test.mjs'));
    writeFileSync(path.join(tree, 'test/one.test.ts'), '');
    chmodSync(place, mode);
    chmodSync(top, 0o755);
    return tree;
  }
  function run(tree: string, { uid = 0, home = '/' } = {}) {
    const environment = { PATH: process.env.PATH, HOME: home };
    const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(tree, 'scripts/test.mjs')], {
      ...{ cwd: '/', env: environment, encoding: 'utf8', uid, gid: uid },
    });
    return { status, stdout, stderr };
  }

  test('as root in a checkout that only root can enter says where to keep it', () => {
    const tree = checkout(0o700);
    const { status, stdout, stderr } = run(tree);
    assert.equal(status, 78);
    assert.match(stdout, /^Running 1 test files on Node /);
    assert.ok(
      stderr.startsWith(`This checkout is in ${tree}, and only root can enter ${path.dirname(tree)}: `),
      stderr,
    );
  });

  test('as root in a checkout that every user can enter goes on', () => {
    const { status, stderr } = run(checkout(0o711));
    assert.notEqual(status, 78);
    assert.doesNotMatch(stderr, /This checkout/);
  });

  test('as a user whose home others can write names the directory and the command to type', () => {
    const home = mkdtempSync(path.join(top, 'home-'));
    chmodSync(home, 0o777);
    const { status, stderr } = run(checkout(0o755), { uid: 65534, home });
    assert.equal(status, 78);
    assert.ok(stderr.startsWith(`HOME is ${home}, and others can write ${home}: `), stderr);
    assert.match(stderr, /^Name a home that only you can write: HOME=\S+ npm test$/m);
  });
});
