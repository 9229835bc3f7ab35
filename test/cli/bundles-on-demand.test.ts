import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createOwnLog } from '../../src/system/own-log/own-log.ts';

const { load } = createRequire(import.meta.url)('../../../dist/boot.cjs');

test('the bundle with winston writes a log', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-'));
  const file = path.join(folder, 'own.log');
  const settings = { level: 'info', format: 'text', console: false, file } as const;
  const log = createOwnLog({ settings, byTheClock: true, load: async () => load('winston-log.cjs') });
  log.note('error', 'from the bundle');
  await log.close();
  assert.match(readFileSync(file, 'utf8'), /error: from the bundle\n$/);
  rmSync(folder, { recursive: true });
});
