import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { parseEvents } from '../../../src/run/history/event-lines.ts';
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

const source = (file: string) => JSON.stringify(path.resolve(import.meta.dirname, '../../../src', file));

/** What eight processes print that begin together: `body` runs in each, with its number as `at`. */
async function together(imports: string, body: string): Promise<readonly string[]> {
  const script = `
    ${imports}
    process.stdin.resume();
    process.stdout.write('ready\\n');
    process.stdin.once('end', () => {
      const at = Number(process.argv[2]);
      ${body}
    });`;
  const contenders = Array.from({ length: 8 }, (_, at) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, state, String(at)], {
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
    const printed = new Promise<string>((resolve) => child.once('close', () => resolve(text.slice(6))));
    return { child, ready, printed };
  });
  await Promise.all(contenders.map(({ ready }) => ready));
  for (const { child } of contenders) child.stdin.end();
  return Promise.all(contenders.map(({ printed }) => printed));
}

test('when eight processes claim the same two hundred ticks, each tick goes to one', async () => {
  const counts = await together(
    `const { tickClaims } = await import(${source('system/state/tick-claims.js')});`,
    `const claims = tickClaims(process.argv[1]);
      let taken = 0;
      for (let n = 0; n < 200; n += 1) {
        const answer = claims.take('backup', ${tickMs} + n * 60000, { run: 'r' + process.pid, waits: false, lasting: false });
        if (answer.is === 'taken') taken += 1;
        else if (answer.is === 'failed') throw new Error(answer.reason);
      }
      process.stdout.write(String(taken));`,
  );
  assert.equal(
    counts.reduce((sum, count) => sum + Number(count), 0),
    200,
    counts.join(' '),
  );
});

test('when eight starts find the same missed ticks at once, these are recorded once', async () => {
  const jobs = Array.from({ length: 20 }, (_, at) => `job-${at}`);
  const mark = { rule: '* * * * *', sinceMs: tickMs };
  for (const slug of jobs) tickClaims(state).writeMark(slug, JSON.stringify(mark));
  await together(
    `const { tickClaims } = await import(${source('system/state/tick-claims.js')});
    const { historyStore } = await import(${source('system/state/history-file.js')});
    const { claimTick } = await import(${source('run/tick/claim.js')});
    const { expressionOf } = await import(${source('schedule/expression.js')});
    const { timingOf } = await import(${source('job/keys/timing.js')});
    const { hostZone } = await import(${source('system/time/zones.js')});`,
    `const host = {
        clock: { nowMs: () => ${tickMs} + (60 + at) * 60000 + 1000, sinceBootMs: () => 1e12 },
        claims: tickClaims(process.argv[1]),
        history: historyStore({ stateDirectory: process.argv[1], rotateBytes: 1e6, predecessorDirectories: [] }),
        hostName: 'web1',
        zones: { host: hostZone(), find: () => undefined },
      };
      for (const slug of ${JSON.stringify(jobs)}) {
        const job = { slug, tags: [], enabled: true, schedule: expressionOf('* * * * *'), timing: timingOf({}) };
        claimTick({ job, run: 'r' + at, onlyDue: false, pauses: [] }, host);
      }`,
  );
  for (const slug of jobs) {
    const text = readFileSync(path.join(state, `history/${slug}.jsonl`), 'utf8');
    const spans = parseEvents(text).flatMap((event) => (event.event === 'missed' ? [event.outcome] : []));
    let settledMs = tickMs;
    for (const { firstMs = 0, tickMs: lastMs } of spans) {
      assert.ok(firstMs > settledMs, `${slug}: ${text}`);
      settledMs = lastMs;
    }
    assert.ok(settledMs >= tickMs + 50 * 60_000, text);
  }
});

test('alone: not while another process acts for this job, and again when that is killed', async () => {
  const claims = tickClaims(state);
  assert.equal(
    claims.alone('backup', () => 'without a directory'),
    'without a directory',
  );
  claims.writeMark('backup', '');
  const script = `const { tickClaims } = await import(${source('system/state/tick-claims.js')});
    tickClaims(process.argv[1]).alone('backup', () => {
      process.stdout.write('in');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const mine = (slug: string) => claims.alone(slug, () => 'mine');
  try {
    await once(child.stdout, 'data');
    assert.deepEqual([mine('backup'), mine('other')], [undefined, 'mine']);
  } finally {
    child.kill('SIGKILL');
  }
  await closed;
  assert.equal(mine('backup'), 'mine');
});
