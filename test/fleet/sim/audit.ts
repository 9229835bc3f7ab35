/** What must hold in each story, whatever goes wrong. */

import { tickOfText } from '../../../src/fleet/store/keys.ts';
import { type Fate, fate, lost, waiter } from '../../../src/fleet/store/records.ts';
import { decodeJson } from '../../../src/text/decode.ts';
import { epochMs, type ModelEngine, minuteMs, type Written } from './model-engine.ts';
import type { ModelHost } from './model-host.ts';
import { close, keys, type ModelRun, type Scene } from './runs.ts';
import type { VirtualTime } from './virtual-time.ts';

export const invariants = {
  fate: 'a tick has one fate, and is started again only when its run was lost or it was missed',
  alone: 'no two runs of a job or of a shared lock are active at once, but for what a frozen host does when it wakes',
  account: 'each tick has a fate in the end',
  fence: 'a later start has a greater fence',
  held: 'nothing is claimed after a pause or a cordon has returned',
  started: 'a tick is started, or something was in its way',
  queue: 'one run waits at most',
  lost: 'each lost run is found, and no run is called lost that goes on',
  bounded: 'a job has a bounded number of keys',
  early: 'no tick is started before its time, and none is called missed while it may start',
  woke: 'a host that wakes goes on for a short time at most',
} as const;

type Invariant = keyof typeof invariants;

export interface AuditReport {
  readonly problems: readonly string[];
  readonly starts: number;
  readonly fates: Readonly<Record<string, number>>;
  /** Times that a frozen host woke beside a newer run, and the longest such time. */
  readonly woken: Readonly<Record<string, { readonly count: number; readonly longestMs: number }>>;
  /** Ticks that somebody could have started for sure. */
  readonly able: number;
}

export interface AuditSettings {
  readonly engine: ModelEngine;
  readonly hosts: readonly ModelHost[];
  readonly ticks: number;
  readonly slugs: readonly string[];
  /** False where hosts disagree about the schedule, so that an account may begin anew. */
  readonly isStrict: boolean;
  /** Nothing but a run of the job, a pause or the hosts can be in the way of a tick. */
  readonly mustStart: boolean;
}

interface Told {
  readonly fate: Fate;
  readonly firstMs: number;
}

interface HeldSpan {
  readonly slugs: readonly string[];
  readonly hosts: readonly ModelHost[];
  readonly fromMs: number;
  toMs: number;
}

/**
 * A host that wakes ends its run so soon: at its parent's next look. If all its clocks stood still, the next
 * renewal tells it; if it is cut off too, it goes on until its deadline by its own clock.
 */
const wokeLimitMs = { stopped: 100, suspended: 1200, standing: 61_000 } as const;

const keyLimit = 100;

export class Audit {
  readonly #time: VirtualTime;
  readonly #scene: Scene;
  readonly #settings: AuditSettings;
  readonly #problems: string[] = [];
  readonly #told = new Map<string, Map<number, Told>>();
  readonly #claims = new Map<string, number>();
  readonly #lostMs = new Map<string, number>();
  readonly #held: HeldSpan[] = [];
  #able = 0;

  constructor(time: VirtualTime, scene: Scene, settings: AuditSettings) {
    this.#time = time;
    this.#scene = scene;
    this.#settings = settings;
    for (const slug of settings.slugs) this.#told.set(slug, new Map());
  }

  #wrong(invariant: Invariant, what: string): void {
    const minutes = (this.#time.nowMs / minuteMs).toFixed(2);
    this.#problems.push(`${invariant}: ${what}, at ${minutes} min (${invariants[invariant]})`);
  }

  saw({ key, value, old }: Written): void {
    for (const slug of this.#settings.slugs) {
      const prefix = keys.ticks(slug);
      const tickMs = key.startsWith(prefix) ? tickOfText(key.slice(prefix.length)) : undefined;
      if (tickMs !== undefined) this.#sawFate(slug, tickMs, value);
      if (key === keys.run(slug)) this.#sawClaim(slug, value);
      if (
        key === keys.next(slug) &&
        old !== undefined &&
        decodeJson(old, waiter)?.run !== decodeJson(value, waiter)?.run
      )
        this.#wrong('queue', `${value} waits beside ${old}`);
      const count = this.#settings.engine.keys(keys.job(slug)).length;
      if (count > keyLimit) this.#wrong('bounded', `${slug} has ${count} keys`);
    }
  }

  #sawFate(slug: string, tickMs: number, value: string): void {
    const now = decodeJson(value, fate);
    if (now === undefined) {
      this.#wrong('fate', `not a fate: ${value}`);
      return;
    }
    const told = this.#told.get(slug) as Map<number, Told>;
    const before = told.get(tickMs);
    if (before !== undefined && !isAllowed(before.fate, now))
      this.#wrong('fate', `${slug} ${minute(tickMs)} was ${words(before.fate)}, then ${words(now)}`);
    told.set(tickMs, { fate: now, firstMs: before?.firstMs ?? this.#time.nowMs });
    const sinceMs = epochMs + this.#time.nowMs - tickMs;
    if (now.fate !== 'missed' && before === undefined && sinceMs < -2500)
      this.#wrong('early', `${slug} ${minute(tickMs)} is ${words(now)} ${-sinceMs} ms before its time`);
    if (now.fate === 'missed' && sinceMs < 10 * minuteMs - 2500)
      this.#wrong('early', `${slug} ${minute(tickMs)} is missed after ${sinceMs} ms`);
    if (now.fate === 'started' && now.outcome === lost) this.#lostMs.set(now.run, this.#time.nowMs);
  }

  #sawClaim(slug: string, value: string): void {
    const { run, host } = JSON.parse(value);
    const { nowMs } = this.#time;
    this.#claims.set(run, this.#claims.size);
    const inForce = this.#held.find(
      ({ slugs, hosts, fromMs, toMs }) =>
        slugs.includes(slug) && hosts.some(({ name }) => name === host) && nowMs > fromMs && nowMs < toMs,
    );
    if (inForce !== undefined) this.#wrong('held', `${slug} was claimed by ${run}`);
  }

  isHeld(slugs: readonly string[], hosts: readonly ModelHost[]): boolean {
    return this.#held.some(
      (held) =>
        held.toMs > this.#time.nowMs - 1000 &&
        held.slugs.some((slug) => slugs.includes(slug)) &&
        held.hosts.some((host) => hosts.includes(host)),
    );
  }

  /** A pause or a cordon has returned. The answer ends it. */
  held(slugs: readonly string[], hosts: readonly ModelHost[]): () => void {
    const span: HeldSpan = { slugs, hosts, fromMs: this.#time.nowMs, toMs: Number.POSITIVE_INFINITY };
    this.#held.push(span);
    return () => {
      span.toMs = this.#time.nowMs;
    };
  }

  /** Finds out which ticks somebody could have started: in touch, with a right clock, not held, for 25 s. */
  async watch(isCandidate: (slug: string, host: string) => boolean): Promise<void> {
    const { hosts, ticks, slugs, engine, mustStart, isStrict } = this.#settings;
    for (let tick = 1; tick <= ticks; tick++) {
      await this.#time.sleep(tick * minuteMs - 1500 - this.#time.nowMs);
      const able = new Set(slugs.flatMap((slug) => hosts.map((host) => ({ slug, host }))));
      for (let second = 0; second < 26; second += 2) {
        for (const one of able) if (!engine.isUp || !this.#isAble(one.slug, one.host)) able.delete(one);
        await this.#time.sleep(2000);
      }
      for (const slug of slugs) {
        if (!mustStart || !isStrict || tick < 3) continue;
        if (![...able].some((one) => one.slug === slug && isCandidate(slug, one.host.name))) continue;
        this.#able += 1;
        const tickMs = epochMs + tick * minuteMs;
        const told = this.#told.get(slug)?.get(tickMs)?.fate;
        if (told?.fate !== 'started' && told?.fate !== 'skipped')
          this.#wrong('started', `${slug} ${minute(tickMs)} is ${told === undefined ? 'unknown' : words(told)}`);
      }
    }
  }

  #isAble(slug: string, host: ModelHost): boolean {
    const isFree = host.isUp && !host.isCut && host.frozen === undefined;
    const isRight = Math.abs(host.skewMs) < 1000 && host.clockSetMs < this.#time.nowMs - 2 * minuteMs;
    return isFree && isRight && !this.isHeld([slug], [host]);
  }

  report(): AuditReport {
    const { runs } = this.#scene;
    for (const run of runs) close(run);
    this.#auditAccount();
    this.#auditFences();
    for (const run of runs) this.#auditLost(run);
    const woken = this.#auditAlone();
    const fates: Record<string, number> = {};
    for (const told of this.#told.values())
      for (const { fate: one } of told.values()) fates[words(one)] = (fates[words(one)] ?? 0) + 1;
    return { problems: this.#problems, starts: runs.length, fates, woken, able: this.#able };
  }

  #auditAccount(): void {
    const { ticks, isStrict } = this.#settings;
    for (const [slug, told] of this.#told) {
      const first = Math.min(...told.keys());
      for (let tickMs = first; tickMs <= epochMs + ticks * minuteMs; tickMs += minuteMs) {
        const one = told.get(tickMs)?.fate;
        if (one === undefined && isStrict) this.#wrong('account', `${slug} ${minute(tickMs)} has no fate`);
        if (one?.fate === 'started' && one.outcome === undefined)
          this.#wrong('lost', `${slug} ${minute(tickMs)} was started by ${one.run} and has no outcome`);
      }
    }
  }

  #auditFences(): void {
    const byClaim = [...this.#scene.runs].sort((a, b) => this.#claimOf(a) - this.#claimOf(b));
    for (const [place, run] of byClaim.entries()) {
      const before = byClaim[place - 1];
      if (before !== undefined && BigInt(before.held.fence) >= BigInt(run.held.fence))
        this.#wrong(
          'fence',
          `${before.held.record.run} has ${before.held.fence}, then ${run.held.record.run} ${run.held.fence}`,
        );
    }
  }

  #claimOf({ held }: ModelRun): number {
    return this.#claims.get(held.record.run) ?? 0;
  }

  #auditLost({ held, spans }: ModelRun): void {
    const lostMs = this.#lostMs.get(held.record.run);
    if (lostMs === undefined) return;
    const goesOn = spans.find(({ toMs, woke }) => toMs > lostMs && woke === undefined);
    if (goesOn !== undefined)
      this.#wrong('lost', `${held.record.run} was called lost ${goesOn.toMs - lostMs} ms before its end`);
  }

  #auditAlone(): AuditReport['woken'] {
    const woken: Record<string, { count: number; longestMs: number }> = {};
    const runs = [...this.#scene.runs].sort((a, b) => a.fromMs - b.fromMs);
    for (const [place, a] of runs.entries())
      for (const b of runs.slice(place + 1, place + 20)) {
        const isShared = a.job.slug === b.job.slug || a.held.locks.some((lock) => b.held.locks.includes(lock));
        if (!isShared) continue;
        for (const x of a.spans) for (const y of b.spans) this.#auditPair([a, x], [b, y], woken);
      }
    for (const [kind, limitMs] of Object.entries(wokeLimitMs)) {
      const { longestMs = 0 } = woken[kind] ?? {};
      if (longestMs > limitMs) this.#wrong('woke', `${longestMs} ms after it was ${kind}`);
    }
    return woken;
  }

  #auditPair(
    [a, x]: readonly [ModelRun, ModelRun['spans'][number]],
    [b, y]: readonly [ModelRun, ModelRun['spans'][number]],
    woken: Record<string, { count: number; longestMs: number }>,
  ): void {
    const togetherMs = Math.min(x.toMs, y.toMs) - Math.max(x.fromMs, y.fromMs);
    if (togetherMs <= 0) return;
    const kind = x.woke ?? y.woke;
    const names = `${a.held.record.run} and ${b.held.record.run}`;
    if (kind === undefined) {
      this.#wrong('alone', `${names} for ${Math.round(togetherMs)} ms`);
      return;
    }
    const count = (woken[kind]?.count ?? 0) + 1;
    woken[kind] = { count, longestMs: Math.max(woken[kind]?.longestMs ?? 0, Math.round(togetherMs)) };
  }
}

function isAllowed(before: Fate, now: Fate): boolean {
  if (now.fate !== 'started') return false;
  if (before.fate === 'missed') return true;
  if (before.fate !== 'started') return false;
  if (before.run === now.run)
    return before.outcome === undefined || before.outcome === lost || before.outcome === now.outcome;
  return (before.outcome === undefined || before.outcome === lost) && now.attempt === before.attempt + 1;
}

function words(one: Fate): string {
  if (one.fate === 'started') return `started (${one.outcome ?? 'no outcome'})`;
  return one.fate === 'skipped' ? `skipped (${one.why})` : 'missed';
}

function minute(tickMs: number): string {
  return `tick ${(tickMs - epochMs) / minuteMs}`;
}
