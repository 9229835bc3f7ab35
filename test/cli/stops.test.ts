/** However a run is ended early: all of it is gone, and the record and the exit code say how. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { ended, House, repository, until } from './house.ts';
import { membersOf, tagged } from './processes.ts';

const escapes = path.join(repository, 'test/fixtures/programs/escapes.pl');
const roles = 'plain ignores-term orphan own-group daemon daemon-with-output daemon-unmarked daemon-on-term';
const noTerminal = spawnSync('script', ['--version']).error === undefined ? false : 'needs script(1)';

describe('a run that is ended early', { concurrency: 3 }, () => {
  const house = new House({});
  after(() => house.remove());

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));
  const lastOutcome = (slug: string) => {
    const last = history(slug).at(-1);
    return last?.event === 'ended' ? last.outcome : undefined;
  };

  /** A job whose processes can be told from all others, also when they have left the run and its marks. */
  function escaping(slug: string, as = roles, more = 'kill_grace: 1s\n'): string {
    const tag = `${slug}-${randomUUID()}`;
    house.job(slug, `name: Escapes\ncommand: perl ${escapes} ${tag} ${as}\n${more}`);
    return tag;
  }

  const ready = (slug: string) =>
    until(
      `${slug} to be ready`,
      () => existsSync(house.path(`log/${slug}/latest.log`)) && /\tready\n/.test(house.log(slug)),
    );

  function assertAllGone(tag: string): void {
    assert.deepEqual(tagged(tag), []);
  }

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const) {
    test(`by ${signal} to run-job leaves nothing, is on record as stopped, and ends with ${code}`, async () => {
      const slug = `by-${signal.toLowerCase()}`;
      const tag = escaping(slug);
      const wrapper = house.spawn('run-job', [slug]);
      const done = ended(wrapper);
      await ready(slug);
      assert.ok(tagged(tag).length > 5);
      wrapper.kill(signal);
      assert.equal((await done).code, code);
      assertAllGone(tag);
      assert.deepEqual(lastOutcome(slug), {
        kind: 'stopped',
        signal: os.constants.signals[signal],
        by: 'a signal to run-job',
      });
    });
  }

  const terminal = ['sh', '-c', 'exec script -qec "$*" /dev/null', 'sh'];

  test('by Ctrl-C at a terminal leaves nothing, and ends with 130', { skip: noTerminal }, async () => {
    const tag = escaping('typed');
    const screen = house.spawn('run-job', ['typed'], { under: terminal, stdin: 'pipe' });
    const done = ended(screen);
    await ready('typed');
    screen.stdin?.write('\x03');
    const { code, stdout } = await done;
    assert.equal(code, 130, stdout);
    assertAllGone(tag);
    const by = `${house.service.name} at the terminal`;
    assert.deepEqual(lastOutcome('typed'), { kind: 'stopped', signal: 2, by, person: true });
  });

  test('by a terminal that is closed leaves nothing', { skip: noTerminal }, async () => {
    const tag = escaping('closed');
    const screen = house.spawn('run-job', ['closed'], { under: terminal, stdin: 'pipe' });
    const done = ended(screen);
    await ready('closed');
    screen.kill('SIGKILL');
    await done;
    const outcome = await until('the end on record', () => lastOutcome('closed'));
    assert.deepEqual(outcome, { kind: 'stopped', signal: 1, by: 'a signal to run-job' });
    assertAllGone(tag);
  });

  test('by its timeout leaves no stopped child, and ends with 124', async () => {
    const tag = escaping('stopped-child', 'stopped ignores-term', 'kill_grace: 1s\ntimeout: 2s\n');
    assert.equal((await house.run('run-job', ['stopped-child'])).code, 124);
    assertAllGone(tag);
  });

  test('by its timeout leaves nothing of processes that fork faster than anybody can look', async () => {
    const tag = escaping('forks', 'many-hoppers hopper hopper-sessions', 'kill_grace: 1s\ntimeout: 2s\n');
    assert.equal((await house.run('run-job', ['forks'])).code, 124);
    assertAllGone(tag);
    assert.deepEqual(lastOutcome('forks'), { kind: 'timed-out', afterSeconds: 2 });
  });

  test('with its sub-job, whose command ignores TERM: both histories record it, and no process remains', async () => {
    const tag = escaping('child', 'ignores-term daemon-unmarked');
    house.job(
      'parent',
      `name: Parent\ncommand: ${path.join(repository, 'bin/run-job')} --config ${house.configFile} child\nkill_grace: 5s\n`,
    );
    const wrapper = house.spawn('run-job', ['parent']);
    const done = ended(wrapper);
    await ready('child');
    const stop = await house.run('jobctl', ['stop', 'parent']);
    assert.equal(stop.code, 0, stop.stderr);
    assert.equal((await done).code, 143);
    assertAllGone(tag);
    assert.deepEqual(lastOutcome('parent'), { kind: 'stopped', signal: 15, by: house.service.name, person: true });
    assert.equal(lastOutcome('child')?.kind, 'stopped');
    const [run = ''] = history('parent').map((event) => event.run);
    assert.deepEqual(membersOf(run), { jobs: [], reapers: [] });
  });

  test('is still ended when its run-job was stopped (SIGSTOP), and until then no second run begins, past its timeout either', async () => {
    const tag = escaping('frozen', 'plain', 'kill_grace: 1s\ntimeout: 8s\n');
    const wrapper = house.spawn('run-job', ['frozen']);
    const done = ended(wrapper);
    await ready('frozen');
    wrapper.kill('SIGSTOP');
    const overSeconds = os.uptime() + 8;
    await until('its timeout to be over', () => os.uptime() > overSeconds);
    const second = await house.run('run-job', ['frozen']);
    assert.equal(second.code, 75);
    assert.match(second.stderr, /still running/);
    assert.ok(tagged(tag).length > 0);
    assert.equal((await house.run('run-job', ['--kill-job', 'frozen'])).code, 0);
    await done;
    assertAllGone(tag);
    assert.ok(history('frozen').some(({ event }) => event === 'ended'));
  });
});
