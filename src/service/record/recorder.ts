/** Writes the record of a service and publishes its ports, whenever either has changed. */

import type { ServiceJob } from '../../job/job.ts';
import { defined } from '../../text/defined.ts';
import type { DesiredState } from '../desired-state.ts';
import { type Instance, isAlive } from '../instance/instance.ts';
import type { LiveInstance } from '../instance/live-instance.ts';
import type { PortDesk } from '../ports/port-desk.ts';
import type { SupervisorHost } from '../supervisor-host.ts';
import { definitionOf } from './known-service.ts';
import { type InstanceRecord, type ServiceRecord, writeRecord } from './record.ts';
import { describeInstance, type Moment } from './restore.ts';
import type { StateTracker } from './state-tracker.ts';

export interface RecordedService {
  readonly run: string;
  readonly desired: DesiredState;
  readonly tracker: StateTracker;
  readonly desk: PortDesk;
}

export interface RecordedInstance {
  readonly number: number;
  readonly state: Instance;
  readonly live: LiveInstance;
}

/** A rolling restart. */
export interface Rolling {
  /** Instances that have not been restarted yet. */
  readonly waiting: readonly number[];
  /** The reason why the latest rolling restart ended before its last instance. */
  readonly endWords?: string;
}

/** A wall clock that differs by more from the clock since boot has been set. */
const clockStepMs = 1000;

export class Recorder {
  readonly #parts: RecordedService;
  readonly #host: Pick<SupervisorHost, 'clock' | 'state' | 'boot' | 'say'>;
  readonly #startedMs: number;
  #moment: Moment | undefined;
  #written = '';

  constructor(parts: RecordedService, host: Pick<SupervisorHost, 'clock' | 'state' | 'boot' | 'say'>) {
    this.#parts = parts;
    this.#host = host;
    this.#startedMs = host.clock.nowMs();
  }

  write(instances: readonly RecordedInstance[], rolling: Rolling): void {
    const { state, say } = this.#host;
    const { slug } = this.#parts.desired.job;
    const record = this.#record(instances, rolling);
    const text = JSON.stringify(record);
    if (text === this.#written) return;
    const written = writeRecord(state, slug, record);
    if (written.ok) this.#written = text;
    else say('warn', `${slug}: its state could not be written: ${written.reason}`);
    this.#parts.desk.publish(new Map(instances.map((one) => [one.number, one.state.at])));
  }

  #record(instances: readonly RecordedInstance[], rolling: Rolling): ServiceRecord {
    const { run, desired, tracker } = this.#parts;
    const moment = this.#now();
    return {
      boot: this.#host.boot,
      run,
      state: tracker.state,
      sinceMs: tracker.sinceMs,
      startedMs: this.#startedMs,
      ...(tracker.isAlarmOpen && { isTold: true }),
      ...(rolling.waiting.length > 0 && { rolling: rolling.waiting }),
      ...defined({ problems: desired.problems, rollingEnd: rolling.endWords }),
      definition: definitionOf(desired.job),
      ...(desired.seating !== undefined && { here: desired.here }),
      instances: [...instances].sort((a, b) => a.number - b.number).map((one) => this.#describe(one, moment)),
    };
  }

  /**
   * Returns the same moment for all records. Otherwise every time in the record would change by the
   * microseconds between reading the two clocks.
   */
  #now(): Moment {
    const { clock } = this.#host;
    const now = { nowMs: clock.nowMs(), sinceBootMs: clock.sinceBootMs() };
    const known = this.#moment ?? now;
    const stepMs = Math.abs(now.nowMs - known.nowMs - (now.sinceBootMs - known.sinceBootMs));
    this.#moment = stepMs > clockStepMs ? now : known;
    return this.#moment;
  }

  #describe({ number, state, live }: RecordedInstance, moment: Moment): InstanceRecord {
    const { desk, desired } = this.#parts;
    const { run, leader, logPath, stuck, definition } = live;
    const isChanged = isAlive(state) && definition !== undefined && shapeOf(definition) !== shapeOf(desired.job);
    return {
      ...describeInstance(state, moment),
      number,
      ports: desk.of(number),
      ...(stuck !== undefined && { reason: `could not be killed: ${stuck}` }),
      ...defined({ run, leader, logPath }),
      ...(isChanged && { changed: true }),
      ...(desired.isStopped(number) && { stopped: true }),
    };
  }
}

/**
 * The part of a job file on which a start depends. The number of instances, the name and the
 * recipients change nothing for an instance that runs.
 */
function shapeOf({ sha256: _s, name: _n, description: _d, tags: _t, failmail: _f, ...job }: ServiceJob): string {
  return JSON.stringify({ ...job, service: { ...job.service, instances: 0 } });
}
