/** A run that began before an upgrade ends with the programs that it began with, whatever lies in their place by then. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { until, whole } from '../waiting.ts';
import { ended, House, repository } from './house.ts';

const skip = existsSync('/usr/bin/perl') ? false : 'needs perl';

describe('an upgrade while a job runs', { skip }, () => {
  const sendmail = 'test/fixtures/programs/sendmail-stand-in';
  const house = new House({});
  after(() => house.remove());
  for (const name of ['bin', 'dist'])
    cpSync(path.join(repository, name), house.path(`old/${name}`), { recursive: true });

  test('its further commands and what its daemon prints later do not see the new version; its mail waits for one that works', async () => {
    copyFileSync(path.join(repository, sendmail), house.path('log/sendmail'));
    chmodSync(house.path('log/sendmail'), 0o755);
    writeFileSync(house.path('log/behaviour'), 'well');
    writeFileSync(
      house.configFile,
      `${readFileSync(house.configFile, 'utf8')}mail: {sendmail: ${house.path('log/sendmail')}}\n`,
    );
    const gate = house.path('log/gate');
    const wait = `while [ ! -e ${gate} ]; do sleep 0.05; done`;
    writeFileSync(house.path('first.sh'), `echo begun; ${wait}\n`);
    writeFileSync(
      house.path('last.sh'),
      `setsid sh -c 'while [ ! -e ${gate}-2 ]; do sleep 0.05; done; echo later' & exit 9\n`,
    );
    house.job(
      'long',
      `name: Long\ncommand: [/bin/sh ${house.path('first.sh')}, /bin/echo second, /bin/sh ${house.path('last.sh')}]\nleftovers: allow\nfailmail: {to_address: ops@example.org}\n`,
    );
    house.job('next', 'name: Next\ncommand: /bin/true\n');
    const run = ended(house.spawn('run-job', ['long'], { from: house.path('old/bin') }));
    await until('the first command', () => /\tbegun\n/.test(house.log('long')));
    // As dpkg does: a new file under the old name.
    const scripts = readdirSync(house.path('old/dist')).filter((name) => name.endsWith('.pl'));
    assert.deepEqual(scripts.sort(), ['reaper.pl', 'remaining-output.pl']);
    for (const name of readdirSync(house.path('old/dist')).filter((each) => /\.(pl|cjs|cache)$/.test(each))) {
      writeFileSync(house.path('new'), 'of another version: neither perl nor JavaScript {\n');
      renameSync(house.path('new'), house.path(`old/dist/${name}`));
    }
    writeFileSync(gate, '');
    const { code, stderr } = await run;
    assert.equal(code, 9, stderr);
    const log = house.log('long');
    assert.match(log, /\tINFO\tsecond\n/);
    // deliver-notices is a program of the new version, which can't start here; the next one that can sends the mail.
    assert.equal(readdirSync(house.path('state/notices/notes')).filter((name) => name.startsWith('long@')).length, 1);
    assert.equal(existsSync(house.path('log/message')), false);
    assert.equal((await house.run('run-job', ['next'])).code, 0);
    await until(
      'the mail',
      () => existsSync(house.path('log/message')) && /exit code 9/.test(whole(house.path('log/message')) ?? ''),
    );
    const file = /what it prints from now on is in (\S+)\n/.exec(log)?.[1];
    assert.ok(file, log);
    writeFileSync(`${gate}-2`, '');
    assert.match(await until('its words', () => whole(file)), /\tINFO\tlater\n$/);
  });
});
