import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../../src/system/time/clock.ts';

test('a timer of 25 days does not fire at once', async () => {
  let fired = false;
  const timer = clock.after(25 * 86_400_000, () => {
    fired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  timer.cancel();
  assert.equal(fired, false);
});

test('a timer fires once, and not at all when it is cancelled', async () => {
  let fired = 0;
  const cancelled = clock.after(5, () => {
    fired += 100;
  });
  cancelled.cancel();
  await new Promise<void>((resolve) => {
    clock.after(10, () => {
      fired += 1;
    });
    clock.after(40, resolve);
  });
  assert.equal(fired, 1);
});

test('the time since boot goes forward', async () => {
  const before = clock.sinceBootMs();
  await new Promise<void>((resolve) => {
    clock.after(30, resolve);
  });
  assert.ok(clock.sinceBootMs() > before);
});
