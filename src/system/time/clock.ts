/** The host's clocks and timers. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Clock, Timer } from '../types/clock.ts';

/** The longest delay of setTimeout, which takes a longer one for 1 ms (nodejs/node#6956). */
const longestTimeoutMs = 2 ** 31 - 1;

export const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs,
  sinceBootMs: () => Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000,
  after(delayMs: number, then: () => void): Timer {
    const dueMs = monotonicMs() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = () => {
      const leftMs = dueMs - monotonicMs();
      handle = setTimeout(leftMs > longestTimeoutMs ? arm : then, Math.min(Math.max(leftMs, 0), longestTimeoutMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The clock of performance.now(), without loading node:perf_hooks. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
