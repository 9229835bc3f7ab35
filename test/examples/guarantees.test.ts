import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const repository = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(repository, 'docs/guarantees.md'), 'utf8');

test('each attack that the page of guarantees names is there to be run again', () => {
  const rows = page.split('\n').filter((line) => /^\|.*\| `/.test(line));
  const named = rows.flatMap((row) =>
    [...row.matchAll(/`([a-z]+(?:\/[a-z-]+)+)`/g)].map(([, name]) => `test/${name}.test.ts`),
  );
  assert.ok(named.length > 30, String(named.length));
  assert.deepEqual(
    named.filter((name) => !existsSync(path.join(repository, name))),
    [],
  );
});

test('each promise names its limits', () => {
  const promises = page.split(/^## /m).slice(1);
  assert.equal(promises.length, 8);
  for (const promise of promises) assert.match(promise, /^Limits:/m);
});
