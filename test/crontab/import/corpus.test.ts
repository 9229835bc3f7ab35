/**
 * Each line of the corpus, run as cron runs it and as the job that it becomes: the same programs, arguments, directory, standard input and exit code.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { importEntry } from '../../../src/crontab/import/imported.ts';
import { firstDifference, lineSchedule } from '../../../src/crontab/import/prove.ts';
import { readSource, type SourceEntry } from '../../../src/crontab/import/source.ts';
import { validateJobText } from '../../../src/job/load.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { corpus } from './corpus.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'corpus-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const bin = path.join(scratch, 'bin');
const record = path.join(scratch, 'record');
spawnSync('mkdir', [bin]);
writeFileSync(
  path.join(bin, '.recorder'),
  `#!/bin/sh\n{ echo "\${0##*/} in $PWD A=$A B=$B"; for word; do echo "  [$word]"; done; [ -t 0 ] || sed 's/^/  < /'; } >>${record}\n`,
);
chmodSync(path.join(bin, '.recorder'), 0o755);
const names = [
  ...Object.values(corpus)
    .join('\n')
    .matchAll(/(?:@"?\/|\b(?=restic ))([\w.-]+)/g),
].map(([, name]) => name ?? '');
for (const name of [...new Set(names), 'chronic']) if (name !== '') symlinkSync('.recorder', path.join(bin, name));
rmSync(path.join(bin, 'chronic'));
writeFileSync(path.join(bin, 'chronic'), '#!/bin/sh\n"$@" >/dev/null\n', { mode: 0o755 });

interface Done {
  readonly code: number | null;
  readonly records: readonly string[];
}

function done(argv: readonly string[], how: { cwd?: string; env: NodeJS.ProcessEnv; input?: string }): Done {
  rmSync(record, { force: true });
  const [program = '', ...args] = argv;
  const { status } = spawnSync(program, args, {
    cwd: scratch,
    ...how,
    env: { PATH: `${bin}:/usr/bin:/bin`, ...how.env },
  });
  const text = existsSync(record) ? readFileSync(record, 'utf8') : '';
  // The programs of a pipe record at the same time.
  return { code: status, records: text.split('\n').sort() };
}

function byCron({ command, input, settings }: SourceEntry): Done {
  const { PATH = '/usr/bin:/bin', SHELL = '/bin/sh', ...env } = Object.fromEntries(settings);
  const text = input === undefined ? '' : `${input.join('\n')}\n`;
  return done([SHELL, '-c', command], { env: { ...env, PATH: `${bin}:${PATH}` }, input: text });
}

const order = { origin: 'crontab', user: 'app', serviceUser: 'app', taken: new Set<string>() };
const zones = zonesOn('Europe/Berlin');
const nowMs = Date.UTC(2026, 10, 30);

let started = 0;

for (const [title, text] of Object.entries(corpus)) {
  test(title, () => {
    const { entries, problems } = readSource(text.replaceAll('@/', `${bin}/`).replaceAll('"@"', `"${bin}"`), false);
    assert.deepEqual(problems, []);
    assert.ok(entries.length > 0);
    for (const entry of entries) {
      const imported = importEntry(entry, order);
      const loaded = validateJobText({ file: 'x', bytes: Buffer.from(imported.text) }, {});
      assert.ok(loaded.ok, imported.text);
      const job = loaded.value;
      assert.ok(job.service === undefined);
      const schedule = lineSchedule(entry.schedule);
      assert.ok(typeof schedule !== 'string');
      assert.equal(firstDifference(schedule, job, { nowMs, zones }), undefined);
      const { PATH = '/usr/bin:/bin', ...env } = job.environment;
      const [command] = job.commands;
      assert.ok(command);
      const cwd = job.workingDirectory;
      const ran = done(command.words, { env: { ...env, PATH: `${bin}:${PATH}` }, ...(cwd !== undefined && { cwd }) });
      assert.deepEqual(ran, byCron(entry), imported.text);
      started += ran.records.length > 1 ? 1 : 0;
    }
  });
}

test('the corpus has forty crontabs, and nearly all of their lines start something', () => {
  assert.ok(Object.keys(corpus).length >= 40);
  assert.ok(started >= 45, `${started}`);
});
