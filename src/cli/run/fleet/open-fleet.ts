/** Opens the engine of the configuration's fleet, where it has one. Load it on demand: other jobs need no line of it. */
import type { Config } from '../../../config/config.ts';
import type { FleetPorts } from '../../../fleet/claim/look.ts';
import { Keys } from '../../../fleet/store/keys.ts';
import { asUser } from '../../../system/file/as-user.ts';
import { bootId } from '../../../system/process/proc.ts';
import { privateCache } from '../../../system/state/cache.ts';
import type { EtcdEngine } from '../../../system/state/etcd/etcd.ts';
import { openEtcd } from '../../../system/state/etcd/open.ts';
import { clock } from '../../../system/time/clock.ts';
import { caller } from '../../../system/user/caller.ts';

/** The ports of claims, orders and views of the fleet. `engine.close()` lets the program end at once. */
export interface OpenFleet extends FleetPorts {
  readonly engine: EtcdEngine;
  /** The name of this host in the pools. */
  readonly host: string;
  readonly boot: string;
}

export type OpenedFleet =
  | { readonly is: 'open'; readonly fleet: OpenFleet }
  | { readonly is: 'none' }
  /** A sentence about the credentials. */
  | { readonly is: 'refused'; readonly reason: string };

export function openFleet({ fleet, runDirectory, serviceUser }: Config): OpenedFleet {
  if (fleet?.etcd === undefined) return { is: 'none' };
  // Root would leave a directory there that the service user could not use.
  const tokens = caller.euid === serviceUser.uid ? privateCache(`${runDirectory}/etcd`) : undefined;
  const { etcd } = fleet;
  // Root reads no more for a fleet than the service user may: a credential may lie where that user can make links.
  const opened = asUser(serviceUser, () => openEtcd(etcd, tokens));
  if (opened.is === 'refused') return { is: 'refused', reason: `"fleet.etcd" can't be used: ${opened.reason}` };
  const { engine } = opened;
  const keys = new Keys(etcd.prefix);
  return { is: 'open', fleet: { engine, keys, clock, host: fleet.host, boot: bootId() } };
}
