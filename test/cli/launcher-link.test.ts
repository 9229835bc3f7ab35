/** A link to a program, wherever it stands, starts the programs beside the file that it leads to, and never what lies beside the link. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { repository } from './house.ts';

let place: string;
const at = (name: string) => path.join(place, name);

before(() => {
  place = mkdtempSync(path.join(tmpdir(), 'launcher-link-'));
  for (const name of ['bin', 'dist', 'first/bin', 'first/dist']) mkdirSync(at(name), { recursive: true });
  for (const dist of ['dist', 'first/dist']) {
    writeFileSync(at(`${dist}/node`), `#!/bin/sh\n: >${at('was-run')}\n`, { mode: 0o755 });
    writeFileSync(at(`${dist}/boot.cjs`), '');
  }
  for (const name of ['readlink', 'logger', 'node'])
    writeFileSync(at(`bin/${name}`), `#!/bin/sh\n: >${at('was-run')}\necho ${at('bin/run-job')}\n`, { mode: 0o755 });
  for (const program of ['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga']) {
    symlinkSync(path.join(repository, 'bin', program), at(`bin/${program}`));
    symlinkSync(`../../bin/${program}`, at(`first/bin/${program}`));
  }
});
after(() => rmSync(place, { recursive: true, force: true }));

for (const program of ['run-job', 'jobctl', 'cron-generate', 'check-jobs-icinga']) {
  test(`${program} through one link and through two, by its path, from where it stands and through PATH`, () => {
    for (const [command, cwd] of [
      [at(`bin/${program}`), '/'],
      [at(`first/bin/${program}`), '/'],
      [`./${program}`, at('bin')],
      [program, at('first/bin')],
    ] as const) {
      const env = { PATH: `${at('first/bin')}:${at('bin')}:/usr/bin:/bin` };
      const { stdout, status, stderr } = spawnSync(command, ['--version'], { cwd, env, encoding: 'utf8' });
      assert.deepEqual([status, stdout.startsWith(`${program} `)], [0, true], `${command}: ${stdout}${stderr}`);
      assert.ok(!existsSync(at('was-run')), `${command} ran what lies beside the link`);
    }
  });
}
