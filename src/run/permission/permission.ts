/**
 * The permission of the other hosts for a run of a job of which one host of a pool has each tick.
 * fleet/permission asks for it by etcd; here is what a run needs of it.
 */
import type { Outcome, SkipReason } from '../outcome/outcome.ts';
import type { Deadline } from './run-deadline.ts';

export interface Permission {
  /** Resolves when it is certain whether the run may begin; the locks are held if it may. */
  ask(question: PermissionQuestion): Promise<PermissionAnswer>;
}

export interface PermissionQuestion {
  /** Tries to take the job's locks of this host; true also if this run has them already. */
  readonly tryLock: () => Promise<boolean>;
  /** True as soon as the run is not to begin any more. */
  readonly isOver: () => boolean;
}

export type PermissionAnswer =
  | { readonly is: 'granted'; readonly grant: Grant }
  /** Another host has the tick: this one has nothing to record. */
  | { readonly is: 'elsewhere' }
  /** Something on this host holds the locks, and no run of the fleet is known: another host may start it. */
  | { readonly is: 'busy-here' }
  | {
      readonly is: 'skipped';
      readonly reason: SkipReason;
      readonly words: string;
      readonly allowed: boolean;
      readonly warnings: readonly string[];
    }
  /** `isOver` has said so. */
  | { readonly is: 'over' };

/** A run that the other hosts know of, from its begin to its end. */
export interface Grant {
  /** A number that grows with each run of the fleet; absent if the run begins without etcd. */
  readonly fence?: string;
  /** The run has ended by then; absent if no other host ever takes the job over. */
  readonly deadline?: Deadline;
  /** A sentence for the head of the log. */
  readonly words: string;
  readonly warnings: readonly string[];
  /** Keeps what the run holds until `end`. */
  hold(orders: GrantOrders): void;
  /** Tells the other hosts how the run ended. Returns warnings. */
  end(outcome: Outcome): Promise<readonly string[]>;
}

/** The orders of other hosts to a run under way. */
export interface GrantOrders {
  /** Each renewal of the lease puts the deadline off. */
  readonly onDeadline: (deadline: Deadline) => void;
  readonly onStop: (order: { readonly by: string; readonly why: string }) => void;
}
