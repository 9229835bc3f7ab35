import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { repository } from '../cli/house.ts';
import { betweenTicks, schedulesIn, tickIn } from './between-ticks.ts';
import type { Account } from './carry-out.ts';

const wrong: Account = { differences: [{ line: 1, message: 'overdue' }], notRun: [] };
const right: Account = { differences: [], notRun: ['line 7: a picture'] };
const page = (schedule: string, more = '') => `\`\`\`yaml\nname: A\nschedule: "${schedule}"\n${more}\`\`\`\n`;

/** The result of betweenTicks for these accounts, and the number of accounts that it used. */
async function carried(text: string, accounts: readonly Account[]): Promise<readonly [Account, number]> {
  let count = 0;
  const account = await betweenTicks(
    text,
    async () => accounts[count++] ?? assert.fail('the page was tried too often'),
  );
  return [account, count];
}

test('a page that differs is tried again if one of its ticks came due meanwhile', async () => {
  const [account, count] = await carried(page('* * * * *'), [wrong, right]);
  assert.deepEqual(account, {
    differences: [],
    notRun: ['once more: "* * * * *" came due meanwhile', ...right.notRun],
  });
  assert.equal(count, 2);
});

test('a page is tried four times, and the last difference is reported', async () => {
  const [account, count] = await carried(page('* * * * *'), [wrong, wrong, wrong, wrong]);
  assert.deepEqual([account.differences, count], [wrong.differences, 4]);
});

test('a page that differs is wrong at once if none of its ticks came due', async () => {
  assert.deepEqual(await carried(page('0 0 31 2 *'), [wrong]), [wrong, 1]);
});

test('a page that does not differ is tried once, whatever came due', async () => {
  assert.deepEqual(await carried(page('* * * * *'), [right]), [right, 1]);
});

test('a tick counts in the zone of the host, in UTC, and in a zone that the page names', () => {
  const atMs = Date.parse('2026-11-25T09:00:30Z');
  const span = [atMs, atMs + 1000] as const;
  assert.equal(tickIn(page('0 9 * * *'), ...span), '0 9 * * *', 'the minute that has begun');
  assert.equal(tickIn(page('0 14 * * *'), ...span), undefined);
  assert.equal(tickIn(page('30 14 * * *', 'time_zone: Asia/Kolkata\n'), ...span), '30 14 * * *');
  assert.equal(tickIn(page('2 9 * * *'), atMs, atMs + 90_000), '2 9 * * *');
  assert.equal(tickIn(page('2 9 * * *'), atMs, atMs + 80_000), undefined);
});

test('the schedules of the tutorial are found', () => {
  assert.deepEqual(schedulesIn(readFileSync(path.join(repository, 'docs/tutorial.md'), 'utf8')), ['*/10 * * * *']);
});
