/** The pause of a job or a tag that every claim of the fleet compares. */
import type { Config } from '../../../../config/config.ts';
import { holdBack, letGo } from '../../../../fleet/orders.ts';
import { holdIn } from '../../../../fleet/overview/hosts.ts';
import type { Hold } from '../../../../fleet/store/records.ts';
import { isInForceAt } from '../../../../fleet/store/view.ts';
import { exitCodes } from '../../../../run/outcome/outcome.ts';
import type { PauseTarget } from '../../../../run/pause/pause.ts';
import { defined } from '../../../../text/defined.ts';
import { openFleet } from '../../../run/fleet/open-fleet.ts';
import { notDone } from '../../frame/answers.ts';
import { patience, unreachableWords } from './with-fleet.ts';

export interface FleetHolds {
  /** The engine's time, which decides when a pause ends. */
  readonly nowMs: number;
  /** The pause in force. */
  readonly before?: Hold;
  /** Nothing starts on any host once this has returned. */
  write(hold: Hold): Promise<Written>;
  remove(): Promise<Written>;
  close(): void;
}

type Written = { readonly ok: true } | { readonly ok: false; readonly words: string };

export type OpenedHolds =
  | { readonly is: 'open'; readonly holds: FleetHolds }
  /** A clause: "etcd can't be reached: …". Nothing was changed. */
  | { readonly is: 'refused'; readonly words: string; readonly exitCode: number };

export async function openHolds(target: PauseTarget, config: Config): Promise<OpenedHolds> {
  const opened = openFleet(config);
  if (opened.is === 'none') throw new Error('there is no fleet');
  if (opened.is === 'refused') return { is: 'refused', words: opened.reason, exitCode: exitCodes.configuration };
  const { fleet: store } = opened;
  const { engine, keys } = store;
  const key = 'job' in target ? keys.pause(target.job) : keys.tagPause(target.tag);
  const look = await engine.read([{ key }], patience);
  if (look.is === 'unreachable') {
    engine.close();
    return { is: 'refused', words: unreachableWords(look.reason), exitCode: notDone };
  }
  const { nowMs } = look.time;
  const [entry] = look.entries;
  const before = entry && holdIn(entry);
  const inForce = before !== undefined && isInForceAt(before, nowMs) ? before : undefined;
  const holds: FleetHolds = {
    nowMs,
    ...defined({ before: inForce }),
    write: async (hold) => written(await holdBack(target, hold, store, patience)),
    remove: async () => written(await letGo(target, store, patience)),
    close: () => engine.close(),
  };
  return { is: 'open', holds };
}

/** The answer to a change did not come, so it may have been made. */
function written(done: Awaited<ReturnType<typeof holdBack>>): Written {
  if (done.is === 'done') return { ok: true };
  const why = done.is === 'unreachable' ? unreachableWords(done.reason) : 'etcd has refused the change';
  return { ok: false, words: why };
}
