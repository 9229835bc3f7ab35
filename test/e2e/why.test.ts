/** Real causes under the real cron: each stops a job, and `jobctl why` names it. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, until } from '../cli/house.ts';
import { CronHouse, noCron, patienceMs } from './cron.ts';

test('why names what stopped a job: a broken file, a pause, a crontab that cron ignores, a cron that stands still', {
  skip: noCron,
}, async () => {
  const house = new House({}, { crontab: '/etc/cron.d/process-control' });
  const text = (name: string) =>
    `name: ${name}\ncommand: /bin/true\nschedule: "* * * * *"\nfailmail: {to_address: root}\n`;
  for (const slug of ['well', 'paused', 'breaks']) house.job(slug, text(slug));
  const cron = await CronHouse.open(house, { speed: 10 });
  const why = (...args: string[]) => {
    const { stdout, stderr, status } = cron.inside('jobctl', ['why', ...args]);
    return { text: stdout, code: status, stderr };
  };
  const events = (slug: string) => {
    const file = house.path(`state/history/${slug}.jsonl`);
    return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
  };
  const wakeUps = () => (existsSync(house.path('awake')) ? readFileSync(house.path('awake'), 'utf8').length : 0);
  const cronWakesUp = async (times: number) => {
    const before = wakeUps();
    await until(`cron to wake up ${times} times`, () => wakeUps() >= before + times, times * patienceMs);
  };
  /** Debian's cron looks at a mode only when it reads a file, and it reads it when its time has changed. */
  const setMode = (mode: number) => {
    const file = house.path('cron.d/process-control');
    chmodSync(file, mode);
    const now = new Date();
    utimesSync(file, now, now);
  };
  /** The minute may turn between the run and the question. */
  const answers = (slug: string, expected: RegExp) =>
    until(`why ${slug} to say ${expected}`, () => expected.test(why(slug).text), patienceMs);
  try {
    // A line of somebody else's: as long as it runs, cron is awake.
    writeFileSync(house.path('cron.d/watch'), `* * * * * root printf x >>${house.path('awake')}\n`);
    assert.equal(cron.inside('cron-generate', []).status, 0);
    const pause = await house.run('jobctl', ['pause', 'paused', '--reason', 'upgrade']);
    assert.equal(pause.code, 0, pause.stderr);
    cron.start();
    await until('a run', () => events('well').some(({ event }) => event === 'ended'), patienceMs);
    await answers('well', /^well ran at .* and succeeded after/);
    await answers(
      'paused',
      /^paused was skipped at .*: paused by \S+ until it is resumed: upgrade.*\n\nEnd the pause:\n {4}jobctl resume paused /,
    );

    // Its last good line stays, and cron goes on to start it.
    house.job('breaks', text('breaks').replace('command', 'comand'));
    assert.equal(cron.inside('cron-generate', []).status, 1);
    await until(
      'cron to start the kept line',
      () => events('breaks').some(({ event }) => event === 'not-started'),
      patienceMs,
    );
    await answers('breaks', /^breaks will not run: its file has problems, so it is not run: .*breaks\.yaml:2:1: /);

    setMode(0o666);
    // Runs that were started before may still be on their way to the history.
    const calls = await until(
      'cron to ignore the file',
      async () => {
        const before = events('well').length;
        await cronWakesUp(2);
        return events('well').length === before && before;
      },
      2 * patienceMs,
    );
    const ignored = why('well', '--at', 'in 2m');
    assert.match(
      ignored.text,
      /^well will not run at .*: cron ignores \/etc\/cron\.d\/process-control: others than root can write it \(mode 0666\)\n\nClose it:\n {4}sudo chmod 644 .*\n {4}sudo touch /,
    );
    assert.equal(ignored.code, 1);
    setMode(0o644);
    await until('cron to read it again', () => events('well').length > calls, patienceMs);

    cron.signal('SIGSTOP');
    await until(
      'why to see it',
      () =>
        /^well will not run at .*: cron \(pid \d+\) is stopped by a signal\n\nLet cron go on:\n {4}sudo kill -CONT \d+$/m.test(
          why('well', '--at', 'in 2m').text,
        ),
      patienceMs,
    );
    cron.signal('SIGCONT');
    assert.match(why('well', '--at', 'in 2m').text, /^well will run at /);
  } finally {
    await cron.close();
    house.remove();
  }
});
