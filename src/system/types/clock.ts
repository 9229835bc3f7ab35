/** The clocks and timers of the host. */

/** Two clocks, because a clock that people set must not decide how long a job may run. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00Z. May step in both directions. */
  nowMs(): number;
  /** Monotonic milliseconds; stands still during suspend. For timers inside one process. */
  monotonicMs(): number;
  /** Milliseconds since boot, suspend included (`/proc/uptime`). Comparable between processes of one boot. */
  sinceBootMs(): number;
  /** Calls `then` once after `delayMs`; unlike `setTimeout`, delays beyond 2^31-1 ms are not taken for 1 ms. */
  after(delayMs: number, then: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
