import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueMinutes } from '../../src/crontab/due-minutes.ts';
import { zoneNamed } from '../fakes/zones.ts';

/** [minutes of the schedule, its zone, the host's zone, the minutes in which cron must ask] */
const cases: readonly (readonly [readonly number[], string, string, string])[] = [
  [[30], 'UTC', 'UTC', '30'],
  [[30], 'Asia/Tokyo', 'Europe/Berlin', '30'],
  // The zones are half an hour apart.
  [[5], 'Asia/Kolkata', 'Asia/Tokyo', '35'],
  [[5], 'Asia/Kathmandu', 'UTC', '20'],
  // New York has a gap that ends at a full hour: 02:30 is due at 03:00 on that day.
  [[30], 'America/New_York', 'Europe/Berlin', '0,30'],
  [[30], 'America/New_York', 'Asia/Kolkata', '0,30'],
  // Lord Howe moves its clocks by half an hour, and is ahead by 10:30 or 11 hours.
  [[10], 'Australia/Lord_Howe', 'UTC', '10,30,40'],
  [[10], 'UTC', 'Australia/Lord_Howe', '10,40'],
  [Array.from({ length: 60 }, (_, minute) => minute), 'America/New_York', 'UTC', '*'],
];

for (const [minutes, job, host, expected] of cases) {
  test(`for minute ${minutes.slice(0, 3)} in ${job} cron asks at ${expected} in ${host}`, () => {
    assert.equal(dueMinutes({ minutes }, { job: zoneNamed(job), host: zoneNamed(host) }), expected);
  });
}
