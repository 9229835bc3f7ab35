/** What no file of the page may have: markup from text, evaluated text, a way to change anything. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const folder = path.resolve(import.meta.dirname, '../../../../src/cli/web');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') }));

const having = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

test('no file makes markup of text, or a program of it', () => {
  assert.ok(files.length > 10);
  assert.deepEqual(
    having(/dangerouslySetInnerHTML|hono\/html|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/),
    [],
  );
  assert.deepEqual(having(/\beval\(|new Function\b|\bjavascript:|\.setHTML/), []);
  // Attribute names and style objects from data were holes of hono/jsx.
  assert.deepEqual(having(/\sstyle=|\sdangerous/), []);
});

test('no file starts a program or writes a file, but those that make the socket and the file of the index', () => {
  const writing =
    /\b(?:writeFile|appendFile|createWriteStream|rename|unlink|rmSync|mkdir|symlink|truncate)\w*\(|replaceFile|replaceLarge\(|child_process/;
  assert.deepEqual(having(writing).sort(), ['index/background.ts', 'unix-socket.ts']);
});

test('the routes are a closed table of GET', () => {
  assert.deepEqual(having(/\.(?:post|put|delete|patch|all|on)\(\s*['"`]\//), []);
});

test('the unit of systemd gives it no more than it needs', () => {
  const unit = readFileSync(path.join(folder, '../../../etc/process-control-web.service'), 'utf8');
  for (const line of [
    ...['User=process-control-web', 'Group=adm', 'ProtectSystem=strict', 'RestrictAddressFamilies=AF_UNIX'],
    // Without @pkey systemd kills node at its start, as a real one showed.
    ...['SystemCallFilter=@system-service @pkey', 'SystemCallErrorNumber=EPERM'],
    ...['NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'MemoryMax=512M', 'IPAddressDeny=any'],
    ...['CacheDirectory=process-control-web', 'CacheDirectoryMode=0700'],
  ])
    assert.ok(unit.includes(`\n${line}\n`), line);
  // It reads from /proc whether a run lives.
  assert.doesNotMatch(unit, /^(?:ProtectProc|ProcSubset|PrivatePIDs)=/m);
});
