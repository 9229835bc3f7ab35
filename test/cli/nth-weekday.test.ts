/** What is advised for "the first Monday" works as a job: on the weekday the command runs, on others the run ends at once and well. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { checkSchedule } from '../schedule/expressions.ts';
import { House } from './house.ts';

function guardFor(schedule: string): string {
  const answer = checkSchedule(schedule);
  const said = (answer.ok ? answer.warnings : answer.problems).map(({ message }) => message).join('\n');
  return /sh -c '.* exec COMMAND'/.exec(said)?.[0] ?? assert.fail(said);
}

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

for (const schedule of ['0 9 1-7 * DAY', '0 9 * * DAY#1']) {
  test(`the command that is advised for "${schedule}" tests the weekday`, async () => {
    const house = new House({});
    try {
      const spawnedOn = new Date().getDay();
      const command = (weekday: number) =>
        guardFor(schedule.replace('DAY', names[weekday] ?? '')).replace('COMMAND', `touch ${house.path('log/ran')}`);
      const job = (weekday: number) =>
        `name: It\nschedule: "0 9 1-7 * *"\ncommand: ${JSON.stringify(command(weekday))}\n`;
      house.job('other', job((spawnedOn + 3) % 7));
      house.job('today', job(spawnedOn));
      // The host's zone, as date(1) has it.
      const other = await house.run('run-job', ['other']);
      assert.deepEqual([other.code, existsSync(house.path('log/ran'))], [0, false], other.stderr);
      const today = await house.run('run-job', ['today']);
      const isSameDay = new Date().getDay() === spawnedOn;
      assert.deepEqual([today.code, existsSync(house.path('log/ran'))], [0, isSameDay], today.stderr);
    } finally {
      house.remove();
    }
  });
}
