/** Writes down what is so of a service whenever it has changed: its record, and what it publishes of its ports. */

import type { LiveInstance, ServiceJob } from '../instance/live-instance.ts';
import { type Instance, isAlive } from '../instance/machine.ts';
import type { PortDesk } from '../ports/port-desk.ts';
import type { SupervisorHost } from '../supervisor-host.ts';
import type { Wanted } from '../wanted.ts';
import { definitionOf } from './known-service.ts';
import { describeInstance, type InstanceRecord, type Moment, type ServiceRecord, writeRecord } from './record.ts';
import type { Standing } from './standing.ts';

export interface Recorded {
  readonly run: string;
  readonly wanted: Wanted;
  readonly standing: Standing;
  readonly desk: PortDesk;
}

export interface RecordedInstance {
  readonly number: number;
  readonly state: Instance;
  readonly live: LiveInstance;
}

/** A restart of one instance after the other. */
export interface Rolling {
  /** Those whose turn is still to come. */
  readonly waiting: readonly number[];
  /** Why the latest one ended before its last instance. */
  readonly endWords?: string;
}

/** A clock that differs by more from what has passed since was set by somebody. */
const clockStepMs = 1000;

export class Recorder {
  readonly #parts: Recorded;
  readonly #host: Pick<SupervisorHost, 'clock' | 'state' | 'boot' | 'say'>;
  readonly #startedMs: number;
  #moment: Moment | undefined;
  #written = '';

  constructor(parts: Recorded, host: Pick<SupervisorHost, 'clock' | 'state' | 'boot' | 'say'>) {
    this.#parts = parts;
    this.#host = host;
    this.#startedMs = host.clock.nowMs();
  }

  write(instances: readonly RecordedInstance[], rolling: Rolling): void {
    const { state, say } = this.#host;
    const { slug } = this.#parts.wanted.job;
    const record = this.#record(instances, rolling);
    const text = JSON.stringify(record);
    if (text === this.#written) return;
    const written = writeRecord(state, slug, record);
    if (written.ok) this.#written = text;
    else say('warn', `${slug}: its state could not be written: ${written.reason}`);
    this.#parts.desk.publish(new Map(instances.map((one) => [one.number, one.state.at])));
  }

  #record(instances: readonly RecordedInstance[], rolling: Rolling): ServiceRecord {
    const { run, wanted, standing } = this.#parts;
    const moment = this.#now();
    return {
      boot: this.#host.boot,
      run,
      state: standing.state,
      sinceMs: standing.sinceMs,
      startedMs: this.#startedMs,
      ...(standing.isTold && { isTold: true }),
      ...(rolling.waiting.length > 0 && { rolling: rolling.waiting }),
      ...(wanted.problems !== undefined && { problems: wanted.problems }),
      ...(rolling.endWords !== undefined && { rollingEnd: rolling.endWords }),
      definition: definitionOf(wanted.job),
      instances: [...instances].sort((a, b) => a.number - b.number).map((one) => this.#describe(one, moment)),
    };
  }

  /** The same pair for all records, or times would seem to change by what passes between two looks at two clocks. */
  #now(): Moment {
    const { clock } = this.#host;
    const now = { nowMs: clock.nowMs(), sinceBootMs: clock.sinceBootMs() };
    const known = this.#moment ?? now;
    const stepMs = Math.abs(now.nowMs - known.nowMs - (now.sinceBootMs - known.sinceBootMs));
    this.#moment = stepMs > clockStepMs ? now : known;
    return this.#moment;
  }

  #describe({ number, state, live }: RecordedInstance, moment: Moment): InstanceRecord {
    const { desk, wanted } = this.#parts;
    const { run, leader, logPath, stuck, definition } = live;
    const isChanged = isAlive(state) && definition !== undefined && shapeOf(definition) !== shapeOf(wanted.job);
    return {
      ...describeInstance(state, moment),
      number,
      ports: desk.of(number),
      ...(stuck !== undefined && { reason: `could not be killed: ${stuck}` }),
      ...(run !== undefined && { run }),
      ...(leader !== undefined && { leader }),
      ...(logPath !== undefined && { logPath }),
      ...(isChanged && { changed: true }),
      ...(wanted.isStopped(number) && { stopped: true }),
    };
  }
}

/** What a start depends on; how many there are, how it is called and who is told change nothing for one that runs. */
function shapeOf({ sha256: _s, name: _n, description: _d, tags: _t, failmail: _f, ...job }: ServiceJob): string {
  return JSON.stringify({ ...job, service: { ...job.service, instances: 0 } });
}
