/** The permission of the other hosts as a run obeys it: its fence, its deadline, and orders to stop. */
import { type HistoryHost, writeEvent } from '../history/record.ts';
import type { StopWatch } from '../stop-watch.ts';
import type { World } from '../world/world.ts';
import type { Grant } from './permission.ts';
import { RunDeadline } from './run-deadline.ts';

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

/** Obeys the other hosts until `close` is called; the deadline is absent where the run is never taken over. */
export function holdGrant(
  { job, run }: HeldOrder,
  host: HistoryHost,
  { grant, watch }: Holding,
): { readonly deadline?: RunDeadline; close(): void } {
  const { clock } = host;
  const deadline = grant.deadline && new RunDeadline(grant.deadline, { clock, watch });
  let isStopped = false;
  grant.hold({
    onDeadline: (moment) => (deadline === undefined ? watch.cutOff(moment.because) : deadline.set(moment)),
    onStop({ by, why }) {
      // The order stays where it is, and is seen again.
      if (isStopped) return;
      isStopped = true;
      const replaced = why === 'replaced' ? { replacedBy: `on ${by}` } : {};
      const atMs = clock.nowMs();
      writeEvent(job.slug, host, { event: 'stop-requested', run, atMs, by, reason: why, ...replaced });
      watch.stop({ kind: 'stopped', signal: termSignal, by });
    },
  });
  return { close: () => deadline?.close(), ...(deadline && { deadline }) };
}
