/** The machine's clocks and timers. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from './system.ts';

/** setTimeout takes a longer delay for 1 ms (nodejs/node#6956). */
const longestTimeoutMs = 2 ** 31 - 1;

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sinceBootMs: () => Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000,
  after(delayMs: number, then: () => void): Timer {
    const dueMs = performance.now() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = () => {
      const leftMs = dueMs - performance.now();
      handle = setTimeout(leftMs > longestTimeoutMs ? arm : then, Math.min(Math.max(leftMs, 0), longestTimeoutMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
