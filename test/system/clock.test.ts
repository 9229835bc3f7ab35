import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock } from '../../src/system/clock.ts';

test('a timer of 25 days does not fire at once', async () => {
  let fired = false;
  const timer = clock.after(25 * 86_400_000, () => {
    fired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  timer.cancel();
  assert.equal(fired, false);
});

test('a timer fires once after its delay', async () => {
  const startMs = clock.monotonicMs();
  await new Promise<void>((resolve) => {
    clock.after(20, resolve);
  });
  assert.ok(clock.monotonicMs() - startMs >= 19);
});

test('the time since boot goes forward', async () => {
  const before = clock.sinceBootMs();
  await new Promise<void>((resolve) => {
    clock.after(30, resolve);
  });
  assert.ok(clock.sinceBootMs() > before);
});
