/**
 * Keeps the account of a job without a start, as `run-job --catch-up` does on a candidate: writes
 * down what was missed and lost, and says which tick may be claimed again.
 */

import type { Unreachable } from '../../system/types/engine.ts';
import { type Fate, lost, type Writer } from '../store/records.ts';
import type { JobView } from '../store/view.ts';
import { type FleetPorts, Lookout } from './look.ts';
import { lookBack } from './look-back.ts';
import type { ClaimRequest, FleetJob, LookedBack } from './request.ts';

/** The keys of a job for ticks that were missed or lost: what is run again, and for how long. */
export interface AgainPolicy {
  readonly catchUp: 'none' | 'last';
  readonly onLostRun: 'record' | 'rerun';
  readonly windowSeconds: number;
  /** The runs of a tick, lost ones included. */
  readonly attempts: number;
}

interface Again {
  readonly tickMs: number;
  readonly again: NonNullable<ClaimRequest['again']>;
}

export type AccountAnswer =
  | { readonly is: 'kept'; readonly looked: LookedBack; readonly again?: Again }
  | { readonly is: 'clocks-disagree' }
  | { readonly is: 'unreadable'; readonly key: string }
  | Unreachable;

export interface AccountRequest extends Writer {
  readonly policy: AgainPolicy;
  readonly contactPatienceMs: number;
}

export async function keepAccount(job: FleetJob, request: AccountRequest, ports: FleetPorts): Promise<AccountAnswer> {
  const { host, boot, run, policy, contactPatienceMs } = request;
  const lookout = new Lookout(ports, contactPatienceMs);
  let looked: LookedBack = { missed: [], lost: [] };
  let seeksOther = false;
  for (;;) {
    const seen = await lookout.look({ ...job, host }, seeksOther);
    if (seen.is === 'unreachable') return seen;
    const { view } = seen;
    const { clock } = lookout;
    seeksOther = !clock.isSure;
    if (seeksOther) continue;
    if (clock.is === 'disagree') return { is: 'clocks-disagree' };
    if (view.settled !== undefined && view.settled.value === undefined)
      return { is: 'unreadable', key: view.settled.key };
    const nowMs = Math.round(clock.nowMs);
    const found = lookBack(ports.keys, job, { view, nowMs, writer: { host, boot, run } });
    if (found.changes.length === 0) {
      const again = againOf(view, policy, nowMs);
      return { is: 'kept', looked, ...(again !== undefined && { again }) };
    }
    const done = await ports.engine.txn([...view.guards, ...found.guards], found.changes, lookout.patience());
    if (done.is === 'unreachable') return done;
    if (done.is !== 'done') continue;
    looked = { missed: [...looked.missed, ...found.missed], lost: [...looked.lost, ...found.lost] };
  }
}

/** The newest tick that was missed or lost, if it may be run again and nothing later has run. */
function againOf(view: JobView, policy: AgainPolicy, nowMs: number): Again | undefined {
  if (view.run !== undefined || view.next !== undefined) return undefined;
  for (const [tickMs, { value }] of [...view.ticks].reverse()) {
    const isRecent = nowMs - tickMs <= policy.windowSeconds * 1000;
    if (!isRecent || value === undefined) return undefined;
    if (value.fate === 'missed' && policy.catchUp === 'last') return { tickMs, again: 'caught-up' };
    if (value.fate !== 'missed') return mayRerun(value, policy) ? { tickMs, again: 'rerun' } : undefined;
  }
  return undefined;
}

function mayRerun(fate: Fate, { onLostRun, attempts }: AgainPolicy): boolean {
  return onLostRun === 'rerun' && fate.fate === 'started' && fate.outcome === lost && fate.attempt < attempts;
}
