/** The clocks and timers of the host. */

/** Three clocks, because the clock that people set must not decide how long a job may run. */
export interface Clock {
  /** The wall clock: milliseconds since 1970-01-01T00:00Z. It may step in both directions. */
  nowMs(): number;
  /** Monotonic milliseconds for timers inside one process. Stands still during suspend. */
  monotonicMs(): number;
  /**
   * Milliseconds since boot, suspend included (`/proc/uptime`). Comparable between processes of one
   * boot.
   */
  sinceBootMs(): number;
  /**
   * Calls `then` once after `delayMs`, also after more than 2^31-1 ms, where `setTimeout` fires at
   * once.
   */
  after(delayMs: number, then: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
