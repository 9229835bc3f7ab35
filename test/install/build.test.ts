/** The build of a checkout whose jobs cron starts meanwhile. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { repository } from '../cli/house.ts';

test('the programs stay as they are until a build has succeeded', () => {
  const checkout = mkdtempSync(path.join(tmpdir(), 'process-control-build-'));
  try {
    for (const name of ['bin', 'dist', 'scripts', 'src', 'package.json', 'tsconfig.json'])
      cpSync(path.join(repository, name), path.join(checkout, name), { recursive: true, verbatimSymlinks: true });
    symlinkSync(path.join(repository, 'node_modules'), path.join(checkout, 'node_modules'));
    appendFileSync(path.join(checkout, 'src/cli/run-job.ts'), '\nthis is no TypeScript\n');

    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: checkout, encoding: 'utf8' });
    assert.notEqual(built.status, 0);
    assert.match(built.stderr, /src\/cli\/run-job\.ts/);

    const asked = spawnSync(path.join(checkout, 'bin/run-job'), ['--version'], { encoding: 'utf8' });
    assert.deepEqual([asked.status, asked.stderr], [0, '']);
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
});
