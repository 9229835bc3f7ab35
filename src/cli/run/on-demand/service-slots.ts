/**
 * The slots of a service whose instances several hosts share, for its supervisor and for
 * `run-job --ensure`: a bundle of its own, which other services do not load.
 */
import type { Config } from '../../../config/config.ts';
import type { SlotRules } from '../../../fleet/slots/decide.ts';
import { ensureSlots } from '../../../fleet/slots/ensure.ts';
import { SlotKeeper } from '../../../fleet/slots/keeper.ts';
import type { Job, ServiceJob } from '../../../job/job.ts';
import { mirrorDesired } from '../../../service/desired.ts';
import type { OpenSeating, SeatedSupervisor, Seating } from '../../../service/seating.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { type OpenFleet, openFleet } from '../fleet/open-fleet.ts';
import { slotRulesOf } from '../fleet/service-slots.ts';

/** A host without an instance keeps its supervisor for so long, in case that one becomes free. */
const idleMs = 90_000;

/** Time for one request of `--ensure`, which cron starts again in a minute. */
const patienceMs = 5000;

export type OpenedSeating =
  | { readonly is: 'open'; readonly open: OpenSeating; close(): void }
  /** A sentence about the credentials. */
  | { readonly is: 'refused'; readonly reason: string };

export interface SeatingOrder {
  readonly job: ServiceJob;
  readonly run: string;
  readonly config: Config;
  readonly say: (level: 'info' | 'warn', words: string) => void;
}

/** Undefined for a service that this host has as a whole. */
export function openSlots(order: SeatingOrder): OpenedSeating | undefined {
  const { job, config } = order;
  const rules = slotRulesOf(job, config);
  if (rules === undefined) return undefined;
  const opened = openFleet(config);
  if (opened.is === 'none') return undefined;
  if (opened.is === 'refused') return opened;
  const { fleet } = opened;
  return {
    is: 'open',
    open: (supervisor) => new SlotSeating(order, rules, { fleet, supervisor }),
    close: () => fleet.engine.close(),
  };
}

class SlotSeating implements Seating {
  readonly #keeper: SlotKeeper;
  readonly #fleet: OpenFleet;
  readonly #order: SeatingOrder;
  readonly #supervisor: SeatedSupervisor;
  readonly #ends = new Map<number, { readonly termBootMs: number; readonly killBootMs: number }>();
  #published = '';
  #unreachable: string | undefined;

  constructor(
    order: SeatingOrder,
    rules: SlotRules,
    { fleet, supervisor }: { readonly fleet: OpenFleet; readonly supervisor: SeatedSupervisor },
  ) {
    const { job, run, config } = order;
    const { host, boot } = fleet;
    const files = stateFiles(config.stateDirectory);
    this.#order = order;
    this.#fleet = fleet;
    this.#supervisor = supervisor;
    this.#keeper = new SlotKeeper(
      {
        ...{ host, boot, run, address: host },
        rules: () => ({ ...rules, instances: supervisor.instances() }),
        whenCutOff: job.pool?.slots?.whenCutOff ?? 'go_on',
        stopSeconds: job.service.stopSeconds,
      },
      {
        ...{ engine: fleet.engine, keys: fleet.keys, clock: fleet.clock },
        isActive: supervisor.isActive,
        publicationOf: supervisor.publicationOf,
        onChange: () => supervisor.onChange(),
        onDeadline: (instance, deadline) => {
          this.#ends.set(instance, deadline);
          supervisor.onEndBy(instance, deadline);
        },
        onDesired: (desired) => {
          mirrorDesired(files, job.slug, desired);
          this.#tellContact();
        },
      },
    );
    this.#keeper.lookSoon(0);
  }

  isHere(instance: number): boolean {
    return this.#keeper.isHeld(instance);
  }

  endBy(instance: number) {
    return this.#ends.get(instance);
  }

  restart(): void {
    this.#keeper.offer();
  }

  changed(): void {
    const numbers = [...Array(this.#supervisor.instances()).keys()];
    const states = numbers.map((number) => [
      this.#supervisor.isActive(number),
      this.#keeper.isHeld(number) ? this.#supervisor.publicationOf(number) : undefined,
    ]);
    const text = JSON.stringify(states);
    if (text !== this.#published) this.#keeper.lookSoon();
    this.#published = text;
    this.#tellContact();
  }

  isIdle(): boolean {
    return this.#fleet.clock.sinceBootMs() - this.#keeper.busyBootMs > idleMs;
  }

  close(): Promise<void> {
    return this.#keeper.close();
  }

  /** Says once that etcd does not answer, and once that it does again. */
  #tellContact(): void {
    const { unreachable } = this.#keeper;
    const { slug } = this.#order.job;
    const isChanged = (unreachable === undefined) !== (this.#unreachable === undefined);
    this.#unreachable = unreachable;
    if (!isChanged) return;
    if (unreachable === undefined) this.#order.say('info', `${slug}: etcd answers again`);
    else this.#order.say('warn', `${slug}: etcd does not answer: ${unreachable}`);
  }
}

/** Asks etcd whether this host is to have a supervisor of the service. `unreachable`: the round of the fleet says why. */
export async function needsSupervisor(job: Job, config: Config): Promise<'needed' | 'not needed' | 'unreachable'> {
  const rules = slotRulesOf(job, config);
  const opened = openFleet(config);
  if (rules === undefined || opened.is === 'none') return 'not needed';
  if (opened.is === 'refused') return 'unreachable';
  const { fleet } = opened;
  try {
    const answer = await ensureSlots(rules, fleet.host, fleet, { patienceMs });
    if (answer.is === 'unreachable') return 'unreachable';
    mirrorDesired(stateFiles(config.stateDirectory), job.slug, answer.seen.view.desired);
    return answer.isNeeded ? 'needed' : 'not needed';
  } finally {
    fleet.engine.close();
  }
}
