/** What a job owes by its last runs is what it owes by its claims, whatever has happened to the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startOf } from '../../../src/report/clock/overdue.ts';
import { settledAccount } from '../../../src/report/clock/settled.ts';
import { readRecentHistory } from '../../../src/run/history/record.ts';
import { readAccount } from '../../../src/run/tick/account.ts';
import { startsInHistory } from '../../../src/run/tick/missed.ts';
import { nextTick } from '../../../src/schedule/ticks.ts';
import { Host } from '../../run/ticking.ts';

const minuteMs = 60_000;

/** What happens next, and for how long: minutes, or starts. */
const step = fc.record({
  howMuch: fc.integer({ min: 1, max: 90 }),
  what: fc.constantFrom(
    'starts',
    'starts',
    'starts',
    'starts',
    'late',
    'nothing',
    'catch-up',
    'file',
    'back',
    'back-far',
  ),
});

async function live(host: Host, { howMuch, what }: { readonly howMuch: number; readonly what: string }): Promise<void> {
  if (what === 'starts' || what === 'late') {
    for (let count = 0; count < howMuch / 30; count += 1) {
      const tickMs = nextTick(host.job, host.clock.nowMs(), host.zones)?.tickMs ?? assert.fail('no tick');
      host.at(tickMs + (what === 'late' ? 70_000 : 400));
      await host.start({ due: true });
    }
    return;
  }
  host.at(host.clock.nowMs() + howMuch * minuteMs);
  if (what === 'catch-up') await host.catchUp();
  if (what === 'file') host.changedMs = host.clock.nowMs();
  if (what === 'back') host.at(host.clock.nowMs() - 100 * minuteMs);
  if (what === 'back-far') host.at(host.clock.nowMs() - 300 * minuteMs);
}

/** The answer by the last runs, if there is one, and the answer by the claims. */
function answers(host: Host) {
  const { job, zones, pauses, changedMs } = host;
  const { history } = host;
  const nowMs = host.clock.nowMs();
  const { runs } = readRecentHistory(job.slug, [], { history });
  const settled = settledAccount(job, { runs, nowMs, changedMs, zones });
  const answerFor = (account: typeof settled) =>
    account &&
    startOf(job, {
      ...{ account, nowMs, changedMs, pauses, zones, delayMs: 0 },
      hasStart: startsInHistory(job, { history, zones }),
    });
  const account = readAccount(job, host.claims, { nowMs, changedMs });
  // After a clock was set back the claims alone remember for hours which ticks to come are settled.
  const isSetBack = account.sinceMs > nowMs || [...account.claimed].some((tickMs) => tickMs > nowMs);
  return { byRuns: isSetBack ? undefined : answerFor(settled), byClaims: answerFor(account) };
}

test('the last runs say of a job what its claims say, or nothing', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('*/5 * * * *', '*/30 * * * *', '7 * * * *', '0 10,11 * * *', '* * * * *'),
      fc.array(step, { minLength: 1, maxLength: 12 }),
      async (schedule, steps) => {
        const host = new Host(schedule);
        host.changedMs = host.clock.nowMs();
        for (const one of steps) {
          await live(host, one);
          const { byRuns, byClaims } = answers(host);
          if (byRuns === undefined) continue;
          compared += 1;
          assert.deepEqual(byRuns, byClaims);
        }
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(compared > 50, `${compared} answers of the last runs`);
});
