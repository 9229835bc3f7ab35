/**
 * The time of the host's boot by the current clock, and the time that it has been suspended since.
 */
import { clock } from './clock.ts';

/** The boot, in milliseconds since 1970. */
export function bootTimeMs(): number {
  return clock.nowMs() - clock.sinceBootMs();
}

/** The time suspended: CLOCK_BOOTTIME counts it, CLOCK_MONOTONIC does not. */
export function suspendedMs(): number {
  return Math.max(0, clock.sinceBootMs() - clock.monotonicMs());
}
