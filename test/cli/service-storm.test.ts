/** A supervisor can be killed at any moment, and whatever is killed with it: a number never has two processes, and all are up in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProcess } from '../../src/system/process/proc.ts';
import { until } from './house.ts';
import { killLiving, ServiceHouse, withWord } from './serving.ts';

const rounds = 5;

test('supervisors and reapers are killed at random while several ask for the service', async () => {
  const house = new ServiceHouse({
    web: `name: Web
service: true
instances: 3
command: SERVES
ports: [http]
restart_delay: 0
restart_delay_max: 0.2
stop_timeout: 0.5
`,
  });
  try {
    for (let round = 0; round < rounds; round += 1) {
      const asked = [house.ensure(), house.ensure(), house.run('run-job', ['--ensure'])];
      // Somewhere between nothing and all of it: a different moment each time.
      const count = round % 4;
      await until(
        'some of it to be there',
        () => house.lines('starts.0').length + house.lines('starts.1').length >= round || count === 0,
      );
      const pids = withWord(house.play).filter((pid) => readProcess(pid)?.name === 'perl');
      const reapers = [...new Set(pids.map((pid) => readProcess(pid)?.parent ?? 0))]
        .filter((pid) => pid > 1)
        .slice(0, count);
      const supervisor = (await house.status('web')).supervisor?.pid;
      killLiving(supervisor === undefined ? reapers : [...reapers, supervisor]);
      await Promise.all(asked);
    }
    await house.ensure();
    // One whose reaper was killed just now may be up on paper and about to be ended.
    await house.until('web', 'three that are up', ({ state }) => state === 'UP' && withWord(house.play).length === 3);
    assert.deepEqual(house.lines('overlaps'), []);
  } finally {
    await house.end();
  }
});
