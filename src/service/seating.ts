/**
 * The instances of a service that this host has, where several hosts share them. The supervisor runs
 * what it is seated for, and tells when nothing of an instance lives any more.
 */

import type { EndBy } from '../system/types/process.ts';

export interface Seating {
  /** True if an instance is to run on this host now. */
  isHere(instance: number): boolean;
  /** The moment by which an instance must have ended, if it may start elsewhere then. */
  endBy(instance: number): EndBy | undefined;
  /** An operator has asked for a restart: what runs away from its home may go back there. */
  restart(): void;
  /** The state of an instance has changed. */
  changed(): void;
  /** True if this host has had no instance for a while, so that it needs no supervisor. */
  isIdle(): boolean;
  /** Gives back what this host has, now that all instances have ended. */
  close(): Promise<void>;
}

/** The supervisor, as its seating sees it. */
export interface SeatedSupervisor {
  /** True if processes of an instance live here. */
  readonly isActive: (instance: number) => boolean;
  readonly publicationOf: (instance: number) => {
    readonly ports: Readonly<Record<string, number>>;
    readonly state: string;
  };
  readonly instances: () => number;
  /** The instances that are to run here are others. */
  readonly onChange: () => void;
  readonly onEndBy: (instance: number, endBy: EndBy) => void;
}

export type OpenSeating = (supervisor: SeatedSupervisor) => Seating;
