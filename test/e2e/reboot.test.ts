/** Jobs that start after each boot, by the real cron: each namespace of it has been booted just now as far as cron knows, and the machine has not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { House, repository, until } from '../cli/house.ts';
import { CronHouse, noCron, patienceMs } from './cron.ts';

const longAgo = 1_000_000_000;

test('cron starts a job after a boot, and a second cron of the same boot starts it no second time; a container that starts again does', {
  skip: noCron,
}, async () => {
  const house = new House(
    { warm: "name: Warm\ncommand: /bin/echo warm\nschedule: '@reboot'\n" },
    { crontab: '/etc/cron.d/process-control' },
  );
  utimesSync(house.path('jobs/warm.yaml'), longAgo, longAgo);
  const events = () => {
    const file = house.path('state/history/warm.jsonl');
    return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
  };
  const count = (event: string) => events().filter((one) => one.event === event).length;
  try {
    for (const round of [1, 2]) {
      const cron = await CronHouse.open(house);
      try {
        const generated = cron.inside('cron-generate', []);
        assert.equal(generated.status, 0, generated.stderr);
        const crontab = readFileSync(house.path('cron.d/process-control'), 'utf8');
        assert.match(crontab, /^@reboot \S+ \S+\/run-job --job warm /m);
        cron.start();
        await until(
          `cron has started its line (${round})`,
          () => count('ended') + count('skipped') === round,
          patienceMs,
        );
        if (round === 1) continue;
        const why = cron.inside('jobctl', ['why', 'warm', '--all']);
        assert.match(why.stdout, /it starts once after each boot, the last one was at /);
        assert.match(cron.inside('jobctl', ['next', 'warm']).stdout, /starts once after the next boot/);
      } finally {
        await cron.close();
      }
    }
    assert.deepEqual([count('started'), count('skipped')], [1, 1], JSON.stringify(events()));
    const runJob = `${path.join(repository, 'bin/run-job')} --config ${house.configFile} --job warm`;
    for (const round of [1, 2]) {
      const container = spawnSync('unshare', ['-p', '-f', '--mount-proc', 'sh', '-c', `${runJob}; ${runJob}`], {
        env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_TRIGGER: 'cron' },
        encoding: 'utf8',
      });
      assert.equal(container.status, 0, container.stderr);
      assert.deepEqual([count('started'), count('skipped')], [1 + round, 1 + round]);
    }
  } finally {
    house.remove();
  }
});
