import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { tickClaims } from '../../../src/system/state/tick-claims.ts';

const tickMs = Date.parse('2026-11-22T10:30:00Z');
const claim = (run: string) => ({ run, waits: false, lasting: false });

let state: string;
beforeEach(() => {
  state = mkdtempSync(path.join(os.tmpdir(), 'claims-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

test('the first run gets a tick, and every caller can see which one', () => {
  const claims = tickClaims(state);
  const beforeMs = Date.now();
  assert.deepEqual(claims.take('backup', tickMs, claim('r1')), { is: 'taken' });
  assert.deepEqual(claims.take('backup', tickMs, { ...claim('r2'), lasting: true }), { is: 'had', run: 'r1' });
  assert.deepEqual(claims.take('backup', tickMs + 60_000, { ...claim('r3'), lasting: true }), { is: 'taken' });
  assert.deepEqual(claims.take('other', tickMs, claim('r4')), { is: 'taken' });
  assert.deepEqual(claims.list('backup'), [tickMs, tickMs + 60_000]);
  const found = claims.find('backup', tickMs);
  assert.equal(found?.run, 'r1');
  assert.ok(found.atMs >= beforeMs - 1000 && found.atMs <= Date.now() + 1000);
  assert.equal(claims.find('backup', tickMs + 1000), undefined);
  assert.deepEqual(readdirSync(path.join(state, 'ticks/backup')), ['20261122T103000Z', '20261122T103100Z']);
});

test('the claim of a waiting run is marked until it begins', () => {
  const claims = tickClaims(state);
  claims.take('backup', tickMs, { run: 'r1', waits: true, lasting: false });
  assert.equal(claims.find('backup', tickMs)?.waits, true);
  assert.deepEqual(claims.take('backup', tickMs, claim('r2')), { is: 'had', run: 'r1' });
  assert.deepEqual(claims.begin('backup', tickMs, 'r1'), { ok: true });
  assert.equal(claims.find('backup', tickMs)?.waits, false);
  assert.deepEqual(claims.list('backup'), [tickMs]);
});

test('claims are dropped by their tick, and the mark is kept beside them', () => {
  const claims = tickClaims(state);
  assert.equal(claims.read('backup').mark, undefined);
  assert.deepEqual(claims.writeMark('backup', 'one\n'), { ok: true });
  claims.take('backup', tickMs, claim('r1'));
  claims.drop('backup', [tickMs, tickMs + 60_000]);
  assert.deepEqual(claims.list('backup'), []);
  assert.deepEqual(claims.writeMark('backup', 'two\n'), { ok: true });
  assert.equal(claims.read('backup').mark, 'two\n');
  assert.equal(lstatSync(path.join(state, 'ticks/backup/since')).mode & 0o777, 0o644);
});

test("a file that is not a claim, and a claim that can't be made, give a reason and do not throw", () => {
  const claims = tickClaims(state);
  mkdirSync(path.join(state, 'ticks/backup'), { recursive: true });
  writeFileSync(path.join(state, 'ticks/backup/20261122T103000Z'), '');
  const answer = claims.take('backup', tickMs, claim('r1'));
  assert.ok(
    answer.is === 'failed' && answer.reason.endsWith('20261122T103000Z is not a claim'),
    JSON.stringify(answer),
  );
  writeFileSync(path.join(state, 'ticks/other'), '');
  for (const refused of [claims.take('other', tickMs, claim('r1')), claims.take('a\0b', tickMs, claim('r1'))])
    assert.equal(refused.is, 'failed');
  assert.deepEqual(claims.list('other'), []);
  assert.equal(claims.writeMark('other', '').ok, false);
  claims.drop('other', [tickMs]);
});

test("a state directory that can't be written costs only the claim", {
  skip: process.getuid?.() === 0 && 'root may',
}, () => {
  chmodSync(state, 0o555);
  const answer = tickClaims(state).take('backup', tickMs, claim('r1'));
  assert.ok(answer.is === 'failed' && answer.reason.includes('EACCES'));
});

test('when eight processes claim the same two hundred ticks, each tick goes to one', async () => {
  const script = `
    const { tickClaims } = await import(${JSON.stringify(path.resolve(import.meta.dirname, '../../../src/system/state/tick-claims.js'))});
    const claims = tickClaims(process.argv[1]);
    process.stdin.resume();
    process.stdout.write('ready\\n');
    process.stdin.once('end', () => {
      let taken = 0;
      for (let n = 0; n < 200; n += 1) {
        const answer = claims.take('backup', ${tickMs} + n * 60000, { run: 'r' + process.pid, waits: false, lasting: false });
        if (answer.is === 'taken') taken += 1;
        else if (answer.is === 'failed') throw new Error(answer.reason);
      }
      process.stdout.write(String(taken));
    });`;
  const contenders = Array.from({ length: 8 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, state], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8');
    const ready = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: string) => {
        text += chunk;
        if (text.startsWith('ready\n')) resolve();
      });
    });
    const taken = new Promise<number>((resolve) => child.once('close', () => resolve(Number(text.slice(6)))));
    return { child, ready, taken };
  });
  await Promise.all(contenders.map(({ ready }) => ready));
  for (const { child } of contenders) child.stdin.end();
  const counts = await Promise.all(contenders.map(({ taken }) => taken));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    200,
    counts.join(' '),
  );
});
