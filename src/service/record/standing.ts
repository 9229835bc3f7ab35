/** How a service stands: its state, since when, what stands in its journal, and when people are told. */

import { type Instance, isAlive } from '../instance/machine.ts';
import { type ServiceState, serviceStateOf } from '../service-state.ts';
import type { SupervisorHost } from '../supervisor-host.ts';
import type { Wanted } from '../wanted.ts';
import { type Alarm, judgeAlarm, noAlarm } from './alarm.ts';
import { formatEntry } from './journal.ts';

/** One instance as it is now. */
export interface InstanceStanding {
  readonly number: number;
  readonly state: Instance;
  readonly logPath: string | undefined;
}

type Machine = Pick<SupervisorHost, 'clock' | 'history' | 'say' | 'tell'>;

export class Standing {
  readonly #wanted: Wanted;
  readonly #host: Machine;
  #alarm: Alarm;
  #state: ServiceState = 'STARTING';
  #sinceMs: number;
  /** Since the service was started, or a person said that it shall be tried again. */
  anyDied = false;
  /** When it must be judged again though nothing has happened, milliseconds since boot. */
  dueMs: number | undefined;

  /** `isTold`: an earlier supervisor has told people that it is not well. */
  constructor(wanted: Wanted, host: Machine, { isTold }: { readonly isTold: boolean }) {
    this.#wanted = wanted;
    this.#host = host;
    this.#sinceMs = host.clock.nowMs();
    this.#alarm = { ...noAlarm(host.clock.sinceBootMs()), isOpen: isTold };
  }

  get state(): ServiceState {
    return this.#state;
  }
  /** Milliseconds since 1970. */
  get sinceMs(): number {
    return this.#sinceMs;
  }
  get isTold(): boolean {
    return this.#alarm.isOpen;
  }

  judge(all: readonly InstanceStanding[]): void {
    const { slug, service } = this.#wanted.job;
    const counted = all.filter(({ number }) => number < service.instances);
    const state = serviceStateOf({
      wanted: counted.some(({ number }) => this.#wanted.wants(number)) ? 'up' : 'down',
      instances: service.instances,
      states: counted.map((one) => one.state.at),
      anyAlive: all.some((one) => isAlive(one.state)),
      anyDied: this.anyDied,
      supervisor: { is: 'there' },
    });
    if (state !== this.#state) {
      this.#sinceMs = this.#host.clock.nowMs();
      this.#journal(`${slug} is ${state}, was ${this.#state}`, { state });
      this.#state = state;
    }
    this.#tell(all);
  }

  /** `asked`: it was told to end. */
  noteDeath(number: number, { at, memory }: Instance, { asked }: { readonly asked: boolean }): void {
    this.anyDied ||= at !== 'finished';
    const end = at === 'finished' ? ' and has finished' : '';
    const words = `${this.#wanted.job.slug}.${number} ${memory.lastExit?.words ?? ''}${end}`;
    this.#journal(words, asked || at === 'finished' ? {} : { died: true });
  }

  /** What else people should find in its history and log. */
  note(words: string, level: 'info' | 'warn'): void {
    this.#write({ words, level });
  }

  #tell(all: readonly InstanceStanding[]): void {
    const { job } = this.#wanted;
    const atMs = this.#host.clock.sinceBootMs();
    const minUptimeMs = job.service.respawn.minUptimeSeconds * 1000;
    const { alarm, tell, againMs } = judgeAlarm(this.#alarm, this.#state, { atMs, minUptimeMs });
    this.#alarm = alarm;
    this.dueMs = againMs;
    if (tell === undefined) return;
    const ill = all.filter(({ state }) => state.at !== 'up');
    const logPath = ill[0]?.logPath;
    this.#host.tell({
      what: tell,
      job,
      state: this.#state,
      sinceMs: this.#sinceMs,
      lines: ill.map(({ number, state }) => `${job.slug}.${number}: ${instanceWords(state)}`),
      ...(logPath !== undefined && { logPath }),
    });
  }

  #journal(words: string, more: { readonly state?: ServiceState; readonly died?: true }): void {
    const level = more.state === 'FAILED' || more.state === 'DEGRADED' ? 'warn' : 'info';
    this.#write({ words, level, ...more });
  }

  #write({
    level,
    ...more
  }: {
    readonly words: string;
    readonly level: 'info' | 'warn';
    readonly state?: ServiceState;
    readonly died?: true;
  }): void {
    const { history, clock, say } = this.#host;
    const { slug } = this.#wanted.job;
    const entry = { atMs: clock.nowMs(), ...more };
    const written = history.append(slug, formatEntry(entry));
    if (!written.ok) say('warn', `${slug}: the history could not be written: ${written.reason}`);
    history.rotate(slug);
    say(level, more.words);
  }
}

function instanceWords(state: Instance): string {
  const last = state.memory.lastExit === undefined ? '' : `; it ${state.memory.lastExit.words}`;
  return state.at === 'failed' || state.at === 'unhealthy' ? `${state.at}: ${state.reason}` : `${state.at}${last}`;
}
