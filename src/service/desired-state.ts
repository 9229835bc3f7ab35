/**
 * The desired state of a service: its file and the decisions of operators. The supervisor reads
 * both again whenever they may have changed.
 */

import type { ServiceJob } from '../job/job.ts';
import { publicWords } from '../yaml/audience.ts';
import { type AllDesired, readDesired } from './desired.ts';
import type { Seating } from './seating.ts';
import type { SupervisorHost } from './supervisor-host.ts';

export class DesiredState {
  readonly #host: Pick<SupervisorHost, 'state' | 'loadJob'>;
  #job: ServiceJob;
  /** Set if the file is gone, disabled, or no longer describes a service. */
  #fileSaysDown = false;
  #desired: AllDesired;
  /** Problems of the file, which is then not applied; `undefined` if it has none. */
  problems: readonly string[] | undefined;
  /** Set if a signal has asked the supervisor to end. */
  isEnding = false;
  /** Tells which instances this host has; absent if it has all. */
  seating: Pick<Seating, 'isHere'> | undefined;

  constructor(job: ServiceJob, host: Pick<SupervisorHost, 'state' | 'loadJob'>) {
    this.#job = job;
    this.#host = host;
    this.#desired = readDesired(host.state, job.slug);
  }

  /** The latest job file without problems. */
  get job(): ServiceJob {
    return this.#job;
  }

  read(): void {
    const loaded = this.#host.loadJob();
    this.problems = undefined;
    this.#fileSaysDown = loaded === undefined;
    if (loaded?.ok === false) this.problems = loaded.problems.map(publicWords);
    else if (loaded?.value === 'no service') this.#fileSaysDown = true;
    else if (loaded !== undefined) {
      this.#job = loaded.value;
      this.#fileSaysDown = !this.#job.enabled;
    }
    this.#desired = readDesired(this.#host.state, this.#job.slug);
  }

  get isUp(): boolean {
    return !this.isEnding && !this.#fileSaysDown && this.#desired.service.state === 'up';
  }

  isInstanceUp(instance: number): boolean {
    return this.isUp && this.isHere(instance) && !this.isStopped(instance);
  }

  /** True for an instance of the service that this host has. */
  isHere(instance: number): boolean {
    return instance < this.#job.service.instances && this.seating?.isHere(instance) !== false;
  }

  /** The numbers of the instances that this host has. */
  get here(): readonly number[] {
    return [...Array(this.#job.service.instances).keys()].filter((instance) => this.isHere(instance));
  }

  /** True if an operator has stopped this instance. */
  isStopped(instance: number): boolean {
    return this.#desired.instance(instance).state === 'down';
  }

  /**
   * Time of the latest restart of the whole service, milliseconds since 1970; 0 if there was none.
   */
  get restartMs(): number {
    return this.#desired.service.restart?.atMs ?? 0;
  }

  instanceRestartMs(instance: number): number {
    return this.#desired.instance(instance).restart?.atMs ?? 0;
  }

  resetMs(instance: number): number {
    return Math.max(this.#desired.service.reset?.atMs ?? 0, this.#desired.instance(instance).reset?.atMs ?? 0);
  }
}
