/** Opens the engine of the fleet for one command, and says why it can't be used. */
import type { Config } from '../../../../config/config.ts';
import { exitCodes } from '../../../../run/outcome/outcome.ts';
import type { Fleet } from '../../../../system/types/fleet.ts';
import { refuse } from '../../../frame/refuse.ts';
import { type OpenFleet, openFleet } from '../../../run/fleet/open-fleet.ts';
import { notDone } from '../../frame/answers.ts';

/** An election of etcd takes some seconds; after that a person wants to know. */
export const patience = { patienceMs: 10_000 };

export type Opened =
  | { readonly is: 'open'; readonly store: OpenFleet; readonly fleet: Fleet }
  /** It has been said why. */
  | { readonly is: 'over'; readonly exitCode: number };

/** Closes the engine when `act` has ended, so that the program can end. */
export async function withFleet(
  config: Config,
  act: (opened: Extract<Opened, { is: 'open' }>) => Promise<number>,
): Promise<number> {
  const opened = openStore(config);
  if (opened.is === 'over') return opened.exitCode;
  try {
    return await act(opened);
  } finally {
    opened.store.engine.close();
  }
}

function openStore(config: Config): Opened {
  const opened = openFleet(config);
  if (opened.is === 'refused')
    return { is: 'over', exitCode: refuse('jobctl', opened.reason, exitCodes.configuration) };
  if (opened.is === 'none' || config.fleet === undefined) {
    const words =
      'the configuration has no "fleet.etcd", so the hosts of the pools know nothing of each other; to take one out, change "fleet.pools"';
    return { is: 'over', exitCode: refuse('jobctl', words) };
  }
  return { is: 'open', store: opened.fleet, fleet: config.fleet };
}

/** "etcd can't be reached: https://etcd1:2379: connect ECONNREFUSED" */
export function unreachableWords(reason: string): string {
  return `etcd can't be reached: ${reason}`;
}

/** Nothing was changed. */
export function refuseUnread(what: string, reason: string): number {
  return refuse('jobctl', `${what}: ${unreachableWords(reason)}`, notDone);
}
