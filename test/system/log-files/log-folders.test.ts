import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
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
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { logFolders } from '../../../src/system/log-files/log-folders.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'log-folders-'));
  mkdirSync(path.join(home, 'log/a'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true }));

const at = (...names: string[]) => path.join(home, 'log', ...names);
const folders = () => logFolders(path.join(home, 'log'));
const old = 'a-20200101-000000.log';

test('folders and regular files are listed, links are named and not followed', () => {
  mkdirSync(path.join(home, 'elsewhere'));
  writeFileSync(path.join(home, 'elsewhere', old), 'secret');
  symlinkSync(path.join(home, 'elsewhere'), at('b'));
  writeFileSync(at('own.log'), '');
  writeFileSync(at('a', old), 'text');
  symlinkSync(path.join(home, 'elsewhere', old), at('a', 'a-20200102-000000.log'));
  mkdirSync(at('a', 'a-20200103-000000.log'));
  assert.deepEqual(folders().list(), { slugs: ['a'], links: ['b'] });
  const { files, links } = folders().read('a');
  assert.deepEqual(
    [files.map(({ name, sizeBytes }) => [name, sizeBytes]), links],
    [[[old, 4]], ['a-20200102-000000.log']],
  );
  assert.deepEqual(folders().read('b'), { files: [], links: [] });
  assert.deepEqual(folders().read('gone'), { files: [], links: [] });
});

test('a requested folder or log that is a link is not followed', async () => {
  mkdirSync(path.join(home, 'elsewhere'));
  const outside = path.join(home, 'elsewhere', old);
  writeFileSync(outside, 'secret');
  symlinkSync(path.join(home, 'elsewhere'), at('b'));
  symlinkSync(outside, at('a', old));
  for (const slug of ['a', 'b']) {
    folders().remove(slug, old);
    await folders().compress(slug, old);
    folders().clearUnfinished(slug);
  }
  assert.deepEqual(readdirSync(path.join(home, 'elsewhere')), [old]);
  assert.equal(readFileSync(outside, 'utf8'), 'secret');
  assert.deepEqual(readdirSync(at('a')), [old]);
});

test('a compressed log has the text, the time and the mode of the original, and its place', async () => {
  const text = 'line\n'.repeat(100_000);
  writeFileSync(at('a', old), text);
  chmodSync(at('a', old), 0o640);
  utimesSync(at('a', old), 1000, 1_577_836_800.5);
  assert.deepEqual(await folders().compress('a', old), { ok: true });
  assert.deepEqual(readdirSync(at('a')), [`${old}.gz`]);
  const facts = statSync(at('a', `${old}.gz`));
  assert.deepEqual([facts.mode & 0o7777, facts.mtimeMs], [0o640, 1_577_836_800_500]);
  assert.equal(gunzipSync(readFileSync(at('a', `${old}.gz`))).toString(), text);
});

test("a log that can't be compressed stays unchanged, and the reason is returned", async () => {
  mkdirSync(at('a', old));
  const answer = await folders().compress('a', old);
  assert.equal(answer.ok, false);
  const missing = await folders().compress('a', 'a-20200102-000000.log');
  assert.match(missing.ok ? '' : missing.reason, /ENOENT/);
  assert.deepEqual(readdirSync(at('a')), [old]);
});

test('drafts of a killed compression are removed, and no other file', () => {
  writeFileSync(at('a', `.${old}.gz.part`), 'half');
  for (const name of [old, `${old}.gz`, '.hidden', 'notes.part']) writeFileSync(at('a', name), '');
  folders().clearUnfinished('a');
  assert.deepEqual(readdirSync(at('a')).sort(), ['.hidden', old, `${old}.gz`, 'notes.part'].sort());
});

test('removing one name of a file with several keeps the file', () => {
  writeFileSync(path.join(home, 'kept'), 'text');
  linkSync(path.join(home, 'kept'), at('a', old));
  assert.deepEqual(folders().remove('a', old), { ok: true });
  assert.deepEqual([existsSync(at('a', old)), readFileSync(path.join(home, 'kept'), 'utf8')], [false, 'text']);
  assert.deepEqual(folders().remove('a', old), { ok: true });
});
