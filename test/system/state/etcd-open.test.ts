/** The credentials of `fleet.etcd`: files that others could read, write or break are named and not used. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openEtcd } from '../../../src/system/state/etcd/open.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'etcd-open-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const basis = { endpoints: ['https://127.0.0.1:1'], prefix: '/process-control/' };

function file(name: string, text: string, mode: number): string {
  const where = path.join(directory, name);
  writeFileSync(where, text);
  chmodSync(where, mode);
  return where;
}

test('files that everyone can read or write, that are missing, empty or no PEM, are refused by name', () => {
  const open = file('open', 'secret\n', 0o644);
  const empty = file('empty', '\n', 0o600);
  const writable = file('writable', 'x', 0o666);
  const noPem = file('no-pem', 'x', 0o600);
  const absent = path.join(directory, 'absent');
  for (const [access, words] of [
    [{ user: 'u', passwordFile: open }, /open: everyone can read it, so it is not used: chmod o-r/],
    [{ user: 'u', passwordFile: empty }, /empty: its first line is empty/],
    [{ user: 'u', passwordFile: absent }, /no such file.*absent/],
    [{ certFile: noPem, keyFile: open }, /open: everyone can read it/],
    [{ caFile: writable }, /writable: everyone can write it, so it is not used: chmod o-w/],
    [{ caFile: directory }, /it is a directory, not a file/],
    [{ certFile: noPem, keyFile: noPem }, /no-pem: .*PEM/i],
  ] as const) {
    const opened = openEtcd({ ...basis, ...access }, undefined);
    assert.ok(opened.is === 'refused', JSON.stringify(access));
    assert.match(opened.reason, words);
  }
});

test('nothing but endpoints is needed', () => {
  const opened = openEtcd(basis, undefined);
  assert.ok(opened.is === 'open');
  opened.engine.close();
});
