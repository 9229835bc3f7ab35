/** What is wanted of a service: its file as it is now, and what people have said. Read anew whenever either may have changed. */
import { publicWords } from '../yaml/audience.ts';
import { type AllDesired, readDesired } from './desired.ts';
import type { ServiceJob } from './instance/live-instance.ts';
import type { SupervisorHost } from './supervisor-host.ts';

export class Wanted {
  readonly #host: Pick<SupervisorHost, 'state' | 'loadJob'>;
  #job: ServiceJob;
  /** The file is gone, disabled, or of no service any more. */
  #fileSaysDown = false;
  #desired: AllDesired;
  /** Of the file, which then is not followed; `undefined` when it has none. */
  problems: readonly string[] | undefined;
  /** A signal has asked the supervisor to end, whatever is wanted. */
  isEnding = false;

  constructor(job: ServiceJob, host: Pick<SupervisorHost, 'state' | 'loadJob'>) {
    this.#job = job;
    this.#host = host;
    this.#desired = readDesired(host.state, job.slug);
  }

  /** As the file says, or as it last said something that could be followed. */
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
    return !this.isEnding && !this.#fileSaysDown && this.#desired.service.wanted === 'up';
  }

  wants(instance: number): boolean {
    return this.isUp && instance < this.#job.service.instances && !this.isStopped(instance);
  }

  /** By a person, this one alone. */
  isStopped(instance: number): boolean {
    return this.#desired.instance(instance).wanted === 'down';
  }

  /** Asks are known by their time, milliseconds since 1970; 0 when there was none. */
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
