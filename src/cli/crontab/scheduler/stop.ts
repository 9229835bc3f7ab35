/** The signals that job-scheduler gets: TERM and INT ask it to stop, HUP to read everything again. */
import process from 'node:process';
import { clock } from '../../../system/time/clock.ts';

export interface StopSignals {
  isAsked(): boolean;
  /** The name of the first signal. */
  signal(): string | undefined;
  /** Resolves after a time, or when the scheduler is asked to stop. */
  rest(ms: number): Promise<void>;
  /** Resolves after a time, or at the next signal. */
  pause(ms: number): Promise<void>;
  /** Resolves when it is asked again, or after a time. */
  again(ms: number): Promise<void>;
  /** Resolves when the scheduler is asked to stop. */
  asked(): Promise<void>;
  /** Resolves at the next HUP. */
  reload(): Promise<void>;
  /** True once after a HUP. */
  takeReload(): boolean;
}

export function stopSignals(): StopSignals {
  const asked: string[] = [];
  let isReload = false;
  const sleepers = new Set<() => void>();
  const wake = () => {
    for (const sleeper of [...sleepers]) sleeper();
  };
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel();
        sleepers.delete(end);
        resolve();
      };
      const timer = clock.after(ms, end);
      sleepers.add(end);
    });
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => {
      asked.push(name.slice(3));
      wake();
    });
  process.on('SIGHUP', () => {
    isReload = true;
    wake();
  });
  for (const name of ['SIGUSR2', 'SIGPIPE', 'SIGQUIT'] as const) process.on(name, () => undefined);
  const sleepUnless = async (isOver: () => boolean, ms: number) => {
    const endMs = clock.monotonicMs() + ms;
    while (!isOver() && clock.monotonicMs() < endMs) await sleep(endMs - clock.monotonicMs());
  };
  return {
    isAsked: () => asked.length > 0,
    signal: () => asked[0],
    rest: (ms) => sleepUnless(() => asked.length > 0, ms),
    pause: sleep,
    asked: async () => {
      while (asked.length === 0) await sleep(60_000);
    },
    again: (ms) => sleepUnless(() => asked.length > 1, ms),
    reload: () => sleepUnless(() => isReload || asked.length > 0, 60_000),
    takeReload() {
      const was = isReload;
      isReload = false;
      return was;
    },
  };
}
