/** Opens etcd for a person who looks, with no more rights than the service user has. */
import type { Config } from '../../../../config/config.ts';
import { caller } from '../../../../system/user/caller.ts';
import { type OpenFleet, openFleet } from '../../../run/fleet/open-fleet.ts';

export type Look =
  | { readonly is: 'open'; readonly store: OpenFleet }
  | { readonly is: 'none' }
  | { readonly is: 'refused'; readonly reason: string }
  /** The caller may not read the credentials; root and the service user may. */
  | { readonly is: 'hidden'; readonly reason: string };

export function lookAtFleet(config: Config): Look {
  const { serviceUser } = config;
  const opened = openFleet(config);
  if (opened.is === 'open') return { is: 'open', store: opened.fleet };
  if (opened.is === 'none') return opened;
  const isOther = caller.euid !== 0 && caller.euid !== serviceUser.uid;
  return { is: isOther ? 'hidden' : 'refused', reason: opened.reason };
}
