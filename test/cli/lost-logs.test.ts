/** A log that somebody removes, moves, truncates or replaces while the run writes it: nothing is lost silently. */
import assert from 'node:assert/strict';
import { readFileSync, realpathSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { House, until } from './house.ts';

const house = new House({});
after(() => house.remove());

/** A run that prints "before", has `happens` done to its log, and prints "after". */
async function runWith(slug: string, happens: (log: string) => void) {
  const go = house.path(`log/go-${slug}`);
  house.job(slug, `name: J\ncommand: sh -c 'echo before; until [ -e ${go} ]; do sleep 0.05; done; echo after'\n`);
  const run = house.run('run-job', ['--job', slug]);
  const link = house.path(`log/${slug}/latest.log`);
  await until('its first line', () => {
    try {
      return /before/.test(readFileSync(link, 'utf8').split('-----------\n').at(-1) ?? '');
    } catch {
      return false;
    }
  });
  const log = realpathSync(link);
  happens(log);
  writeFileSync(go, '');
  const { code, stderr } = await run;
  assert.equal(code, 0, stderr);
  const history = await house.run('jobctl', ['history', slug]);
  const shown = await house.run('jobctl', ['logs', slug]);
  const plugin = await house.run('check-jobs-icinga', ['-j', slug]);
  return { log, stderr, history: history.stdout, shown, plugin };
}

const whole = /INFO\tbefore\n\S+ \S+\tINFO\tafter\n/;

for (const [title, happens] of [
  ['removed', (log: string) => rmSync(log)],
  ['removed with its folder', (log: string) => rmSync(log.replace(/\/[^/]*$/, ''), { recursive: true })],
] as const) {
  test(`${title}: it is made again whole`, async () => {
    const { shown, history, plugin } = await runWith(title.replaceAll(' ', '-'), happens);
    assert.match(shown.stdout, whole);
    assert.doesNotMatch(history, /incomplete/);
    assert.equal(plugin.code, 0);
  });
}

test('moved: the whole log is where it was moved to, and jobctl says what may have happened', async () => {
  const { log, shown } = await runWith('moved', (file) => renameSync(file, house.path('log/moved.old')));
  assert.match(readFileSync(house.path('log/moved.old'), 'utf8'), whole);
  assert.equal(shown.code, 1);
  assert.equal(
    shown.stderr,
    `jobctl: ${log} is not there: old logs are removed as log_retention says, or an operator has moved or removed it\n`,
  );
});

test('truncated: what is missing is counted', async () => {
  const { stderr, shown, history, plugin } = await runWith('truncated', (log) => truncateSync(log, 0));
  assert.match(shown.stdout, /INFO\tafter\n/);
  assert.match(stderr, /bytes .*the log was truncated/);
  assert.match(history, /log incomplete \(\d+ bytes lost\)/);
  assert.equal(plugin.code, 1, plugin.stdout);
});

test('replaced: the new file is left alone, and all output is counted as lost', async () => {
  const { log, stderr, history, plugin } = await runWith('replaced', (file) => {
    rmSync(file);
    writeFileSync(file, "somebody's own\n");
  });
  assert.equal(readFileSync(log, 'utf8'), "somebody's own\n");
  assert.match(stderr, /bytes .*the log was removed/);
  assert.match(history, /log incomplete/);
  assert.equal(plugin.code, 1, plugin.stdout);
});
