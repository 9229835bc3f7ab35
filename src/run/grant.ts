/** What a run does with the permission of the other hosts: its fence, its deadline, and orders to stop. */
import type { Clock, Timer } from '../system/types/clock.ts';
import { type HistoryHost, writeEvent } from './history/record.ts';
import type { Grant, RunDeadline } from './permission.ts';
import type { StopWatch } from './stop-watch.ts';
import type { World } from './world/world.ts';

/** Environment variable with the fence of a run. */
const fenceVariable = 'PROCESS_CONTROL_FENCE';

const termSignal = 15;

export function withFence<O extends { readonly world: World }>(order: O, { fence }: Grant): O & { fence?: string } {
  if (fence === undefined) return order;
  const environment = { ...order.world.environment, [fenceVariable]: fence };
  return { ...order, fence, world: { ...order.world, environment } };
}

interface HeldOrder {
  readonly job: { readonly slug: string };
  readonly run: string;
}

interface Holding {
  readonly grant: Grant;
  readonly watch: StopWatch;
}

/** Obeys the other hosts until the function that it returns is called. */
export function holdGrant({ job, run }: HeldOrder, host: HistoryHost, { grant, watch }: Holding): () => void {
  const deadline = new DeadlineTimer(host.clock, watch);
  let isStopped = false;
  grant.hold({
    onDeadline: (moment) => deadline.set(moment),
    onStop({ by, why }) {
      // The order stays where it is, and is seen again.
      if (isStopped) return;
      isStopped = true;
      const replaced = why === 'replaced' ? { replacedBy: `on ${by}` } : {};
      writeEvent(job.slug, host, {
        ...{ event: 'stop-requested', run, atMs: host.clock.nowMs(), by, reason: why },
        ...replaced,
      });
      watch.stop({ kind: 'stopped', signal: termSignal, by });
    },
  });
  return () => deadline.cancel();
}

/** Ends a run when its deadline has come: TERM, and then KILL. */
class DeadlineTimer {
  readonly #clock: Clock;
  readonly #watch: StopWatch;
  #timers: readonly Timer[] = [];

  constructor(clock: Clock, watch: StopWatch) {
    this.#clock = clock;
    this.#watch = watch;
  }

  set({ termBootMs, killBootMs }: RunDeadline): void {
    this.cancel();
    const nowMs = this.#clock.sinceBootMs();
    const end = () => this.#watch.stop({ kind: 'stopped', signal: termSignal, by: lapsedWords });
    this.#timers = [termBootMs, killBootMs].map((atMs) => this.#clock.after(Math.max(0, atMs - nowMs), end));
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}

const lapsedWords =
  'run-job: this host does not hold the job in etcd any more, so another host may start it (takeover)';
