/**
 * Tracks the state of a service, writes changes and deaths into its journal, and sends notices when
 * an alarm opens or closes.
 */

import { defined } from '../../text/defined.ts';
import type { DesiredState } from '../desired-state.ts';
import { type Instance, isAlive } from '../instance/instance.ts';
import { type ServiceState, serviceStateOf } from '../service-state.ts';
import type { SupervisorHost } from '../supervisor-host.ts';
import { type Alarm, judgeAlarm, noAlarm } from './alarm.ts';
import { formatEntry } from './journal.ts';

/** An instance as it is now. */
export interface TrackedInstance {
  readonly number: number;
  readonly state: Instance;
  readonly logPath: string | undefined;
}

type Host = Pick<SupervisorHost, 'clock' | 'history' | 'say' | 'send'>;

export class StateTracker {
  readonly #desired: DesiredState;
  readonly #host: Host;
  #alarm: Alarm;
  #state: ServiceState = 'STARTING';
  #sinceMs: number;
  /**
   * Set if an instance has ended without finishing since the supervisor began or the latest reset,
   * also if the supervisor itself ended it.
   */
  anyDied = false;
  /** The moment at which to judge again even if nothing happens, milliseconds since boot. */
  dueMs: number | undefined;

  /** `isAlarmOpen`: an earlier supervisor has opened an alarm. */
  constructor(desired: DesiredState, host: Host, { isAlarmOpen }: { readonly isAlarmOpen: boolean }) {
    this.#desired = desired;
    this.#host = host;
    this.#sinceMs = host.clock.nowMs();
    this.#alarm = { ...noAlarm(host.clock.sinceBootMs()), isOpen: isAlarmOpen };
  }

  get state(): ServiceState {
    return this.#state;
  }
  /** Milliseconds since 1970. */
  get sinceMs(): number {
    return this.#sinceMs;
  }
  get isAlarmOpen(): boolean {
    return this.#alarm.isOpen;
  }

  judge(all: readonly TrackedInstance[]): void {
    const { slug } = this.#desired.job;
    const counted = all.filter(({ number }) => this.#desired.isHere(number));
    const state = serviceStateOf({
      desired: counted.some(({ number }) => this.#desired.isInstanceUp(number)) ? 'up' : 'down',
      instances: this.#desired.here.length,
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
    this.#sendNotice(all);
  }

  /** Records the end of an instance. `asked`: the supervisor was ending it. */
  noteDeath(number: number, { at, memory }: Instance, { asked }: { readonly asked: boolean }): void {
    this.anyDied ||= at !== 'finished';
    const end = at === 'finished' ? ' and has finished' : '';
    const words = `${this.#desired.job.slug}.${number} ${memory.lastExit?.words ?? ''}${end}`;
    this.#journal(words, asked || at === 'finished' ? {} : { died: true });
  }

  /** Writes a sentence into the history and the log. */
  note(words: string, level: 'info' | 'warn'): void {
    this.#write({ words, level });
  }

  #sendNotice(all: readonly TrackedInstance[]): void {
    const { job } = this.#desired;
    const atMs = this.#host.clock.sinceBootMs();
    const minUptimeMs = job.service.respawn.minUptimeSeconds * 1000;
    const { alarm, notice, againMs } = judgeAlarm(this.#alarm, this.#state, atMs, minUptimeMs);
    this.#alarm = alarm;
    this.dueMs = againMs;
    if (notice === undefined) return;
    const notUp = all.filter(({ state }) => state.at !== 'up');
    const logPath = notUp[0]?.logPath;
    this.#host.send({
      what: notice,
      job,
      state: this.#state,
      sinceMs: this.#sinceMs,
      lines: notUp.map(({ number, state }) => `${job.slug}.${number}: ${instanceWords(state)}`),
      ...defined({ logPath }),
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
    const { slug } = this.#desired.job;
    const entry = { atMs: clock.nowMs(), ...more };
    const written = history.append(slug, formatEntry(entry));
    if (!written.ok) say('warn', `${slug}: the history could not be written: ${written.reason}`);
    const setAside = history.rotate(slug);
    if (setAside !== undefined) say('warn', `${slug}: ${setAside}`);
    say(level, more.words);
  }
}

function instanceWords(state: Instance): string {
  const last = state.memory.lastExit === undefined ? '' : `; it ${state.memory.lastExit.words}`;
  return state.at === 'failed' || state.at === 'unhealthy' ? `${state.at}: ${state.reason}` : `${state.at}${last}`;
}
