/** Slows down whoever guesses: after a wrong token the next one from the same address is looked at a second later. */
import type { Clock } from '../../../system/types/clock.ts';

export interface Turnstile {
  /** Resolves when it is the turn of this address. */
  wait(address: string): Promise<void>;
  failed(address: string): void;
}

const delayMs = 1000;

/** The addresses that are remembered; the oldest is forgotten first. */
const mostAddresses = 1000;

export function turnstile(clock: Pick<Clock, 'monotonicMs' | 'after'>): Turnstile {
  const nextMs = new Map<string, number>();
  const remember = (address: string, ms: number) => {
    nextMs.delete(address);
    nextMs.set(address, ms);
    for (const oldest of nextMs.keys()) {
      if (nextMs.size <= mostAddresses) break;
      nextMs.delete(oldest);
    }
  };
  return {
    wait(address) {
      const mine = nextMs.get(address);
      const waitMs = mine === undefined ? 0 : mine - clock.monotonicMs();
      if (mine === undefined || waitMs <= 0) return Promise.resolve();
      // The next one of this address comes after this one, so many at once are not looked at together.
      remember(address, mine + delayMs);
      return new Promise((resolve) => void clock.after(waitMs, resolve));
    },
    failed(address) {
      const nowMs = clock.monotonicMs();
      remember(address, Math.max(nextMs.get(address) ?? 0, nowMs + delayMs));
    },
  };
}
