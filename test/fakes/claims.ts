/** Tick claims in memory. With `full` every write fails, as on a full disk. */
import type { Clock } from '../../src/system/types/clock.ts';
import type { TickClaim, TickClaims } from '../../src/system/types/state.ts';

export class FakeClaims implements TickClaims {
  readonly taken = new Map<string, Map<number, { run: string; waits: boolean; atMs: number }>>();
  readonly marks = new Map<string, string>();
  readonly #clock: Clock;
  full = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  take(slug: string, tickMs: number, { run, waits }: TickClaim) {
    const had = this.find(slug, tickMs);
    if (had !== undefined) return { is: 'had' as const, run: had.run };
    if (this.full) return { is: 'failed' as const, reason: 'no space left on device' };
    const claims = this.taken.get(slug) ?? new Map();
    this.taken.set(slug, claims.set(tickMs, { run, waits, atMs: this.#clock.nowMs() }));
    return { is: 'taken' as const };
  }
  begin(slug: string, tickMs: number, run: string) {
    if (this.full) return { ok: false as const, reason: 'no space left on device' };
    this.taken.get(slug)?.set(tickMs, { run, waits: false, atMs: this.#clock.nowMs() });
    return { ok: true as const };
  }
  list(slug: string): readonly number[] {
    return [...(this.taken.get(slug)?.keys() ?? [])].sort((a, b) => a - b);
  }
  find(slug: string, tickMs: number) {
    return this.taken.get(slug)?.get(tickMs);
  }
  drop(slug: string, ticks: readonly number[]): void {
    for (const tickMs of ticks) this.taken.get(slug)?.delete(tickMs);
  }
  read(slug: string) {
    const mark = this.marks.get(slug);
    return { claimed: this.list(slug), ...(mark !== undefined && { mark }) };
  }
  alone<T>(_slug: string, act: () => T): T | undefined {
    return act();
  }
  writeMark(slug: string, text: string) {
    if (this.full) return { ok: false as const, reason: 'no space left on device' };
    this.marks.set(slug, text);
    return { ok: true as const };
  }
}
