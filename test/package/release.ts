/** The files of `npm run package`, before they are installed. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { noMachine, packageFile, releaseFiles, repository, requires, sha256, version } from './machine.ts';

const directory = path.dirname(packageFile);

test('lintian finds nothing, not even with --pedantic', { skip: noMachine || requires('lintian') }, () => {
  const changes = readdirSync(directory).filter((name) => name.endsWith('.changes'));
  assert.equal(changes.length, 1);
  const { stdout, status } = spawnSync('lintian', ['-EIL', '+pedantic', ...changes], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, '']);
});

test('the checksums are those of the files', () => {
  const lines = readFileSync(path.join(directory, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const sums = Object.fromEntries(lines.map((line) => line.split(/ +/).reverse()));
  assert.deepEqual(sums, Object.fromEntries(releaseFiles.map((file) => [path.basename(file), sha256(file)])));
});

test('another build of the same commit has the same bytes, in another place and with other settings', {
  skip: noMachine,
}, () => {
  const other = mkdtempSync(path.join(tmpdir(), 'another-place-'));
  try {
    const script = 'umask 077 && exec scripts/package.sh "$1"';
    execFileSync('sh', ['-c', script, 'sh', other], {
      cwd: repository,
      stdio: 'pipe',
      env: { ...process.env, TZ: 'Asia/Tokyo', LANG: 'C.UTF-8' },
    });
    for (const file of releaseFiles) assert.equal(sha256(path.join(other, path.basename(file))), sha256(file), file);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('make install works from the tarball alone, without npm and the sources', () => {
  const place = mkdtempSync(path.join(tmpdir(), 'tarball-'));
  try {
    execFileSync('tar', ['-xzf', releaseFiles[1] ?? '', '-C', place]);
    const tree = path.join(place, `process-control-${version}`);
    assert.deepEqual(
      readdirSync(tree).filter((name) => ['src', 'node_modules', 'test'].includes(name)),
      [],
    );
    const variables = ['DESTDIR=/', `PREFIX=${place}/usr`, `SYSCONFDIR=${place}/etc`, `NODE=${process.execPath}`];
    execFileSync('make', ['--silent', 'install', ...variables], { cwd: tree, env: { PATH: '/usr/bin:/bin' } });
    assert.equal(execFileSync(`${place}/usr/bin/run-job`, ['--version'], { encoding: 'utf8' }), `run-job ${version}\n`);
    assert.ok(readdirSync(path.join(place, 'usr/share/man/man1')).includes('run-job.1'));
  } finally {
    rmSync(place, { recursive: true });
  }
});
