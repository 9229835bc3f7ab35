/** When this machine was booted by the present clock, and how long it has slept since. */
import { clock } from './clock.ts';

/** Milliseconds since 1970. */
export function bootTimeMs(): number {
  return clock.nowMs() - clock.sinceBootMs();
}

/** CLOCK_BOOTTIME counts sleep, CLOCK_MONOTONIC does not. */
export function suspendedMs(): number {
  return Math.max(0, clock.sinceBootMs() - clock.monotonicMs());
}
