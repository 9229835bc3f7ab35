/** The security page names a test for each attack, each test exists, and `npm run attack` runs all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const page = read('docs/security.md');
const list = () =>
  execFileSync(process.execPath, [path.join(root, 'scripts/attack.mjs'), '--list'], { encoding: 'utf8' })
    .trim()
    .split('\n');

/** The rows of all tables whose first column has this heading. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const tables = page.split('\n\n').filter((part) => part.startsWith(`| ${heading} `));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(2));
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('each attack on the security page says what stops it and which test tries it', () => {
  const rows = rowsOf('Attack');
  assert.ok(rows.length > 30, `${rows.length} attacks`);
  for (const [attack = '', stop = '', tests = ''] of rows) {
    assert.notEqual(stop, '', attack);
    assert.match(tests, /^`test\/[\w/-]+\.test\.ts`(?:, `test\/[\w/-]+\.test\.ts`)*$/, attack);
  }
});

test('npm run attack runs each test file that the security page names, and each exists', () => {
  const named = new Set([...page.matchAll(/test\/[\w/.-]+\.ts/g)].map(([file]) => file));
  assert.deepEqual(list(), [...named].sort());
  for (const file of named) assert.ok(existsSync(path.join(root, file)), file);
  assert.match(JSON.parse(read('package.json')).scripts.attack, /node scripts\/attack\.mjs$/);
});

test('the security page names the tests that attack the boundary between users', () => {
  const attackers = ['boundary', 'inspector', 'descriptors', 'audit', 'trust', 'planted', 'hostile-text', 'world'];
  for (const name of attackers) assert.ok(list().includes(`test/cli/${name}.test.ts`), name);
});
