/**
 * Reserves the ports of a service's instances. The supervisor holds a lock of the whole host while
 * it reads the reservations of others and writes its own, so no two supervisors choose the same
 * port. A reservation lasts as long as the supervisor, over all restarts of the instance.
 */
import type { PortRange } from '../../config/config.ts';
import type { Port } from '../../job/service.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { JobLock, JobLocks } from '../../system/types/lock.ts';
import type { Ports } from '../../system/types/service.ts';
import { allocatePorts } from './allocate.ts';

export interface DeskHost {
  readonly clock: Pick<Clock, 'after'>;
  readonly locks: JobLocks;
  readonly ports: Ports;
  readonly hostName: string;
}

export interface DeskOrder {
  readonly slug: string;
  readonly run: string;
  readonly range: PortRange;
}

type Numbers = Readonly<Record<string, number>>;

/** Name of the lock; no job's name has an "@". */
const hostLock = '@ports';
const lockPollMs = 20;
const lockPatience = 1500;

export class PortDesk {
  readonly #order: DeskOrder;
  readonly #host: DeskHost;
  /** Ports that this supervisor has reserved. */
  readonly #held = new Map<number, Numbers>();
  /** Ports of an earlier supervisor, which are preferred. */
  readonly #before = new Map<number, Numbers>();
  #states: ReadonlyMap<number, string> = new Map();
  #queue: Promise<unknown> = Promise.resolve();
  #published = '';

  constructor(order: DeskOrder, host: DeskHost) {
    this.#order = order;
    this.#host = host;
  }

  remember(instance: number, ports: Numbers): void {
    this.#before.set(instance, ports);
  }

  of(instance: number): Numbers {
    return this.#held.get(instance) ?? this.#before.get(instance) ?? {};
  }

  release(instance: number): void {
    this.#held.delete(instance);
    this.#before.delete(instance);
  }

  /**
   * Reserves the ports of an instance, after reservations under way: the same as before, unless
   * another process has bound one meanwhile.
   */
  reserve(
    instance: number,
    ports: readonly Port[],
  ): Promise<{ readonly ports: Numbers } | { readonly reason: string }> {
    if (ports.length === 0) {
      this.#held.delete(instance);
      return Promise.resolve({ ports: {} });
    }
    const answer = this.#queue.then(() => this.#reserve(instance, ports));
    this.#queue = answer;
    return answer;
  }

  /** Publishes the ports and states of the instances, for clients and for other supervisors. */
  publish(states: ReadonlyMap<number, string>): void {
    this.#states = states;
    if (this.#held.size > 0 || this.#published !== '') this.#publish();
  }

  /** Names a port of the file that another process has. */
  async takenPort(ports: readonly Port[]): Promise<string | undefined> {
    for (const { name, number } of ports) {
      if (number === undefined || (await this.#host.ports.isFree(number))) continue;
      const holder = this.#host.ports.holder(number);
      const who = holder === undefined ? 'another process' : `pid ${holder.pid} (${holder.command})`;
      return `port ${name} ${number} is in use by ${who}`;
    }
    return undefined;
  }

  async #reserve(instance: number, ports: readonly Port[]) {
    const held = this.#held.get(instance);
    if (held !== undefined && (await this.#canKeep(held, ports))) return { ports: held };
    const lock = await this.#takeHostLock();
    if (lock === undefined) return { reason: 'another process keeps the list of ports locked (lock @ports)' };
    try {
      const answer = await allocatePorts({
        ports,
        before: this.of(instance),
        taken: this.#takenByOthers(instance),
        range: this.#order.range,
        offset: startOf(this.#order.slug) + instance * ports.length,
        isFree: (port) => this.#host.ports.isFree(port),
      });
      if (answer.is === 'failed') return { reason: answer.reason };
      this.#held.set(instance, answer.ports);
      const written = this.#publish();
      return written.ok ? { ports: answer.ports } : { reason: `reserving ports: ${written.reason}` };
    } finally {
      await lock.release();
    }
  }

  async #canKeep(held: Numbers, ports: readonly Port[]): Promise<boolean> {
    if (Object.keys(held).length !== ports.length) return false;
    for (const { name, number } of ports) {
      const port = held[name];
      if (port === undefined || (number !== undefined && number !== port)) return false;
      // A port that the file names is kept even if another process has it: the program reports
      // that.
      if (number === undefined && !(await this.#host.ports.isFree(port))) return false;
    }
    return true;
  }

  async #takeHostLock(): Promise<JobLock | undefined> {
    for (let tries = 0; tries < lockPatience; tries += 1) {
      const answer = await this.#host.locks.acquire(hostLock, `${this.#order.run}-ports`);
      if (answer.is === 'held') return answer.lock;
      await new Promise<void>((resolve) => this.#host.clock.after(lockPollMs, resolve));
    }
    return undefined;
  }

  #takenByOthers(instance: number): ReadonlySet<number> {
    const { slug } = this.#order;
    const others = this.#host.ports
      .reserved()
      // The ports of a dead supervisor are free.
      .filter((other) => other.slug !== slug && this.#host.locks.holder(other.slug) !== undefined);
    const siblings = [...this.#held].filter(([other]) => other !== instance).map(([, ports]) => ports);
    return new Set([...others.flatMap(({ ports }) => ports), ...siblings.flatMap((ports) => Object.values(ports))]);
  }

  #publish() {
    const { slug } = this.#order;
    const instances = [...this.#held]
      .sort(([a], [b]) => a - b)
      .map(([instance, ports]) => ({ instance, state: this.#states.get(instance) ?? 'starting', ports }));
    const endpoints = { service: slug, host: this.#host.hostName, instances };
    const text = JSON.stringify(endpoints);
    if (text === this.#published) return { ok: true } as const;
    const written = this.#host.ports.publish(slug, endpoints);
    if (written.ok) this.#published = text;
    return written;
  }
}

/**
 * Position of a service in the range: the same on every host, so that a service that was removed
 * and comes back gets its ports again.
 */
function startOf(slug: string): number {
  let sum = 0;
  for (const char of slug) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 100_003;
  return sum;
}
