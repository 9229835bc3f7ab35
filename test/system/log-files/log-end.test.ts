import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { endOfLog } from '../../../src/system/log-files/log-end.ts';

const logs = mkdtempSync(path.join(tmpdir(), 'log-end-'));
after(() => rmSync(logs, { recursive: true }));
const folder = path.join(logs, 'job');
mkdirSync(folder);

const stamped = (level: string, text: string) => `2026-11-22 10:30:00,123\t${level}\t${text}\n`;

function log(name: string, ...lines: readonly (readonly [string, string])[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, lines.map(([level, text]) => stamped(level, text)).join(''));
  return file;
}

test('the end of a log is what the job printed, without stamps, headers and notes', () => {
  const file = log(
    'whole.log',
    ...([
      ['NOTE', 'swept'],
      ['INFO', '==========='],
      ['INFO', 'sh -c x (17)'],
      ['INFO', '-----------'],
    ] as const),
    ...([
      ['INFO', 'copying\tall'],
      ['ERROR', 'no space'],
      ['INFO', '==========='],
      ['INFO', 'not a header'],
    ] as const),
    ...([
      ['INFO', '----------- end command output'],
      ['NOTE', 'x failed'],
    ] as const),
  );
  assert.equal(endOfLog(logs, file).trimEnd(), 'copying\tall\nno space\n===========\nnot a header');
});

test('only the end of a long log is read, from the first whole line on', () => {
  const lines = Array.from({ length: 500 }, (_, at) => ['INFO', `line ${at}`] as const);
  const end = endOfLog(logs, log('long.log', ...lines))
    .trimEnd()
    .split('\n');
  assert.equal(end.at(-1), 'line 499');
  assert.ok(end.length > 50 && end.length < 200);
  assert.match(end[0] ?? '', /^line \d+$/);
});

test('a missing log, and a link in its place, have no end', () => {
  symlinkSync('/etc/passwd', path.join(folder, 'link.log'));
  assert.equal(endOfLog(logs, path.join(folder, 'link.log')), '');
  assert.equal(endOfLog(logs, path.join(folder, 'none.log')), '');
});

test("only folder and name of a path count, so that a history can't lead elsewhere", () => {
  const file = log('inside.log', ['INFO', 'here']);
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'log-end-elsewhere-'));
  mkdirSync(path.join(elsewhere, 'job'));
  writeFileSync(path.join(elsewhere, 'job/secret.log'), stamped('INFO', 'secret'));
  assert.equal(endOfLog(logs, path.join(elsewhere, 'job/secret.log')), '');
  assert.equal(endOfLog(logs, path.join(elsewhere, 'job', path.basename(file))).trimEnd(), 'here');
  symlinkSync(path.join(elsewhere, 'job'), path.join(logs, 'linked'));
  assert.equal(endOfLog(logs, path.join(logs, 'linked/secret.log')), '');
  rmSync(elsewhere, { recursive: true });
});
