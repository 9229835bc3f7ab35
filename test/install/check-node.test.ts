/**
 * Which node `make install` binds the programs to: root runs what that path leads to, then and for
 * as long as they are installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';

const script = path.resolve(import.meta.dirname, '../../../scripts/check-node.sh');
const stranger = 65_534;

describe('the node that make install binds to', {
  skip: process.getuid?.() === 0 ? false : 'needs root: what others can change is refused to root',
}, () => {
  let top: string;
  const at = (name: string) => path.join(top, name);
  const check = (node: string) => spawnSync('sh', [script, node, ''], { cwd: top, encoding: 'utf8' });
  function makeNode(name: string, mode = 0o755): void {
    writeFileSync(at(name), `#!/bin/sh\n: >${top}/was-run\n`);
    chmodSync(at(name), mode);
  }
  before(() => {
    // Below a directory that root alone can write.
    top = mkdtempSync('/var/lib/.pc-test-');
    chmodSync(top, 0o755);
    for (const name of ['roots', 'strangers', 'groups', 'sticky']) {
      mkdirSync(at(name));
      makeNode(`${name}/node`);
      symlinkSync(at('roots/node'), at(`${name}/link`));
      symlinkSync('../roots', at(`${name}/directory`));
    }
    chownSync(at('strangers'), stranger, stranger);
    chmodSync(at('groups'), 0o775);
    chmodSync(at('sticky'), 0o1777);
    makeNode('roots/of-a-stranger');
    chownSync(at('roots/of-a-stranger'), stranger, stranger);
    makeNode('roots/of-a-group', 0o775);
    symlinkSync('../strangers/link', at('roots/through'));
    symlinkSync('./second', at('roots/first'));
    symlinkSync(at('strangers/directory/node'), at('roots/second'));
    symlinkSync('circle', at('roots/circle'));
  });
  after(() => rmSync(top, { recursive: true, force: true }));

  for (const node of ['roots/node', 'roots/link', 'roots/directory/node', 'roots/../roots/.//link']) {
    test(`${node} is run, and what it says counts`, () => {
      rmSync(at('was-run'), { force: true });
      const { status, stderr } = check(`${top}/${node}`);
      assert.equal(status, 0, stderr);
      assert.ok(existsSync(at('was-run')));
    });
  }

  for (const node of [
    ...[
      'strangers/node',
      'strangers/link',
      'strangers/directory/node',
      'groups/node',
      'groups/link',
      'groups/directory/node',
    ],
    ...['sticky/node', 'sticky/link', 'sticky/directory/node', 'roots/of-a-stranger', 'roots/of-a-group'],
    ...['roots/through', 'roots/first', 'roots/circle', 'roots/missing', 'roots'],
  ]) {
    test(`${node} is refused and not even run`, () => {
      rmSync(at('was-run'), { force: true });
      const { status, stderr } = check(at(node));
      assert.equal(status, 1);
      assert.match(stderr, /can be changed by others than root|No node found/);
      assert.equal(existsSync(at('was-run')), false);
    });
  }

  test('a path that is not absolute is refused, because the installed link would lead elsewhere', () => {
    const { status, stderr } = check('roots/node');
    assert.equal(status, 1);
    assert.match(stderr, /NODE must be an absolute path, found roots\/node/);
  });
});
