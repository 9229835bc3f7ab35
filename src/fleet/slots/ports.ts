/** The ports through which a supervisor keeps its slots. */

import type { EndBy } from '../../system/types/process.ts';
import type { FleetPorts } from '../claim/look.ts';
import type { SlotsSeen } from './carry-out.ts';
import type { SlotRules } from './decide.ts';
import type { SlotRecord } from './records.ts';

/** The policy for a host that has not heard of the engine for `takeover`. */
export type WhenCutOff =
  /** The instances go on, so one may run on two hosts. */
  | 'go_on'
  /** The instances have ended before another host may start them. */
  | 'stop';

export interface KeeperOrder {
  readonly host: string;
  readonly boot: string;
  readonly run: string;
  readonly address: string;
  /** Read at each look: the job file may have changed. */
  readonly rules: () => SlotRules;
  readonly whenCutOff: WhenCutOff;
  readonly stopSeconds: number;
}

/** The part of a slot that clients look for. */
type SlotPublication = Pick<SlotRecord, 'ports' | 'state'>;

export interface KeeperPorts extends FleetPorts {
  /** True if processes of an instance live here. */
  readonly isActive: (instance: number) => boolean;
  readonly publicationOf: (instance: number) => SlotPublication;
  /** The instances that are to run here have changed. */
  readonly onChange: () => void;
  /** The moment at which an instance must be over, with `stop`: before it starts, and when it is put off. */
  readonly onDeadline: (instance: number, endBy: EndBy) => void;
  /** Each look: decisions of people, as they are in the engine. */
  readonly onDesired: (desired: SlotsSeen['view']['desired']) => void;
}
