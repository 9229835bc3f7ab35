/** A command about one host of the fleet. */
import type { HostState, HostStates } from '../../../../fleet/overview/hosts.ts';
import type { OpenFleet } from '../../../run/fleet/open-fleet.ts';
import type { Options } from '../../frame/options.ts';

/** A command about one host, and what is known of the fleet. */
export interface HostOrder {
  readonly host: string;
  readonly state: HostState;
  readonly states: HostStates;
  readonly store: OpenFleet;
  readonly options: Options;
}
