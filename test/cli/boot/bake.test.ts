/**
 * The code caches: a program is started with the functions that it needs already compiled, also
 * where root has made them.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { House, isRoot, repository } from '../house.ts';

const hasNobody = !isRoot || /^nobody:/m.test(readFileSync('/etc/passwd', 'latin1'));

test('the caches contain the functions that a run compiles, not only those that loading compiles', {
  skip: hasNobody ? false : 'this machine has no user nobody',
}, () => {
  const house = new House({});
  try {
    const folder = house.directory;
    for (const name of readdirSync(path.join(repository, 'dist')))
      if (/\.(?:cjs|pl)$/.test(name)) copyFileSync(path.join(repository, 'dist', name), path.join(folder, name));
    const baked = spawnSync(
      'sh',
      ['-c', 'umask 077 && exec "$@"', 'sh', process.execPath, path.join(folder, 'bake.cjs')],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual([baked.status, baked.stderr], [0, '']);
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('.training')));
    for (const program of ['run-job', 'cron-generate', 'jobctl', 'check-jobs-icinga']) {
      const bundle = path.join(folder, `${program}.cjs`);
      const loads = `const { load, loaded } = require('${folder}/boot.cjs'); load('${program}.cjs'); console.log(loaded[0].script.createCachedData().length)`;
      const plain = path.join(folder, `${program}.cjs.kept`);
      copyFileSync(`${bundle}.cache`, plain);
      execFileSync('rm', [`${bundle}.cache`]);
      const untrained = Number(execFileSync(process.execPath, ['-e', loads], { encoding: 'utf8' }));
      const facts = statSync(plain);
      assert.ok(facts.size > untrained * 1.15, `${program}: ${facts.size} bytes, ${untrained} untrained`);
    }
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.cjs') && !/^(?:boot|bake)/.test(one))) {
      const cache = path.join(folder, `${name}.cache`);
      if (existsSync(cache))
        assert.deepEqual([statSync(cache).mode & 0o777, statSync(cache).size > 0], [0o644, true], name);
    }
  } finally {
    house.remove();
  }
});
