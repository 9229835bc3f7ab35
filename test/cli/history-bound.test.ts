/** A history stays bounded also when no run comes to rotate it: of a job that is paused, or whose file is broken, for months. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { House, until } from './house.ts';

const limitBytes = 64 * 1024;

describe('the history of a job whose runs never have its lock', () => {
  const house = new House(
    {
      paused: 'name: Paused\ncommand: /bin/true\nschedule: "* * * * *"\n',
      broken: 'name: Broken\n',
      held: 'name: Held\ncommand: sleep 600\nschedule: "* * * * *"\n',
    },
    { config: 'history: {bytes: 64K}' },
  );
  after(() => house.remove());
  const file = (slug: string) => house.path(`state/history/${slug}.jsonl`);

  /** As many skips as are written in months. */
  function fill(slug: string): number {
    const outcome = { kind: 'skipped', reason: 'paused', words: 'paused by ada', allowed: true };
    const skip = { event: 'skipped', atMs: Date.now(), trigger: { by: 'clock' }, host: 'h', outcome };
    const lines = Array.from({ length: 500 }, (_, at) => JSON.stringify({ ...skip, run: `20261130-${at}` }));
    mkdirSync(house.path('state/history'), { recursive: true });
    appendFileSync(file(slug), `${lines.join('\n')}\n`);
    assert.ok(statSync(file(slug)).size > limitBytes);
    return lines.length;
  }

  async function totals(slug: string): Promise<{ readonly skipped: number; readonly failure: number }> {
    const { stdout } = await house.run('jobctl', ['status', slug, '--json']);
    return (JSON.parse(stdout) as { totals: { skipped: number; failure: number } }).totals;
  }

  test('a paused job', async () => {
    assert.equal((await house.run('jobctl', ['pause', 'paused', '--reason', 'moving'])).code, 0);
    assert.equal(
      (await house.run('run-job', ['paused'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } })).code,
      0,
    );
    const before = await totals('paused');
    const more = fill('paused');
    assert.equal(
      (await house.run('run-job', ['paused'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } })).code,
      0,
    );
    assert.ok(existsSync(`${file('paused')}.1`), 'it was rotated');
    assert.ok(!existsSync(file('paused')));
    // The second start may be of the same minute: that tick is counted once.
    const counted = (await totals('paused')).skipped - before.skipped - more;
    assert.ok(counted === 0 || counted === 1, `${counted}`);
  });

  test('a job with a broken file', async () => {
    fill('broken');
    assert.equal((await house.run('run-job', ['broken'])).code, 78);
    assert.ok(!existsSync(file('broken')) && existsSync(`${file('broken')}.1`), 'it was rotated');
  });

  test('only a holder of the lock rotates: while a run has it, a skip leaves the file alone', async () => {
    const run = house.spawn('run-job', ['held']);
    await until('the run to be on record', () => existsSync(file('held')));
    fill('held');
    const { ino } = statSync(file('held'));
    await house.run('run-job', ['held'], { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } });
    assert.equal(statSync(file('held')).ino, ino);
    assert.ok(!existsSync(`${file('held')}.1`));
    assert.equal((await house.run('jobctl', ['stop', 'held'])).code, 0);
    await until('the run to end', () => run.exitCode !== null);
    assert.ok(existsSync(`${file('held')}.1`), 'the run rotates at its end');
  });
});
