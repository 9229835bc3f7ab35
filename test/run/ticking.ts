/**
 * A host in memory on which cron starts one job: clock, claims, history, and the checks of run-job
 * before the lock.
 */
import { timingOf, type WrittenTiming } from '../../src/job/keys/timing.ts';
import { type BeforeRun, beforeRun } from '../../src/run/before-run.ts';
import type { Tick, Trigger } from '../../src/run/history/event.ts';
import { formatEvent, parseEvents } from '../../src/run/history/event-lines.ts';
import type { Pause } from '../../src/run/pause/pause.ts';
import { catchUp } from '../../src/run/tick/catch-up.ts';
import { expressionOf } from '../../src/schedule/expression.ts';
import { sha256 } from '../../src/system/file/hash.ts';
import type { Zones } from '../../src/zone/zone.ts';
import { FakeClaims } from '../fakes/claims.ts';
import { FakeClock, FakeHistory, FakeStops, settle } from '../fakes/host.ts';
import { zonesOn } from '../fakes/zones.ts';

export class Host {
  readonly clock: FakeClock;
  readonly claims: FakeClaims;
  readonly history = new FakeHistory();
  readonly stops = new FakeStops();
  readonly started: { slug: string; run: string; tickMs: number }[] = [];
  pauses: readonly Pause[] = [];
  host = 'web1.example';
  zones: Zones = zonesOn('UTC');
  schedule: string;
  keys: WrittenTiming;
  enabled = true;
  changedMs = Number.NEGATIVE_INFINITY;
  #runs = 0;

  constructor(schedule: string, keys: WrittenTiming = {}, start = '2026-11-22T10:30:00Z') {
    this.schedule = schedule;
    this.keys = keys;
    this.clock = new FakeClock(start);
    this.claims = new FakeClaims(this.clock);
  }

  get job() {
    const { schedule, enabled, changedMs } = this;
    return {
      slug: 'backup',
      tags: ['night'],
      schedule: expressionOf(schedule),
      enabled,
      changedMs,
      timing: timingOf(this.keys),
    };
  }

  get #machine() {
    const { clock, claims, history, stops, host: hostName } = this;
    return { clock, claims, history, stops, hostName, sha256, zones: this.zones, readPauses: () => this.pauses };
  }

  /** Sets the clock. */
  at(time: string | number): this {
    this.clock.step((typeof time === 'string' ? Date.parse(time) : time) - this.clock.nowMs());
    return this;
  }

  /** cron starts the line of the job. A run that goes on is recorded as started. */
  async start(how: { due?: boolean; by?: Trigger; caughtUp?: Tick; run?: string } = {}): Promise<BeforeRun> {
    this.#runs += 1;
    const run = how.run ?? `r${this.#runs}`;
    const trigger = how.by ?? ({ by: 'clock' } as const);
    const order = {
      ...{ job: this.job, run, trigger, onlyDue: how.due === true, changedMs: this.changedMs },
      ...(how.caughtUp !== undefined && { caughtUp: how.caughtUp }),
    };
    const answer = await beforeRun(order, this.#machine);
    if (answer.is === 'go') {
      const common = { run, atMs: this.clock.nowMs(), trigger, host: this.host, jobSha256: '', logPath: '' };
      const tick = answer.tick === undefined ? {} : { tick: answer.tick };
      this.history.append('backup', formatEvent({ event: 'started', ...common, ...tick }));
    }
    return answer;
  }

  /** Describes the answer to a start, and its tick, in one line. */
  async says(how: Parameters<Host['start']>[0] = {}): Promise<string> {
    const answer = await this.start(how);
    if (answer.is === 'not-due') return 'not due';
    const what = answer.is === 'skip' ? answer.skip.reason : 'runs';
    const { tick } = answer;
    const late = tick?.lateMs === undefined ? '' : ` late by ${Math.round(tick.lateMs / 1000)} s`;
    return tick === undefined ? `${what} without a tick` : `${what} for ${short(tick.tickMs)}${late}`;
  }

  /** Calls `run-job --catch-up`, which may wait for half a minute. */
  async catchUp() {
    const newRun = () => {
      this.#runs += 1;
      return `r${this.#runs}`;
    };
    const start = (one: { slug: string; run: string; tickMs: number }) => this.started.push(one);
    const done = catchUp([this.job], { ...this.#machine, newRun, start });
    await settle();
    if (this.clock.armed > 0) await this.clock.advance(30_000);
    return done;
  }

  /** Returns the missed ticks in the history. */
  get missed(): readonly string[] {
    return parseEvents(this.history.read('backup')).flatMap((event) =>
      event.event === 'missed' ? [`${event.outcome.count} until ${short(event.outcome.tickMs)}`] : [],
    );
  }
}

/** Returns the day and time: "22 10:30". */
export function short(tickMs: number): string {
  return new Date(tickMs).toISOString().slice(8, 16).replace('T', ' ');
}
