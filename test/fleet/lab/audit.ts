/**
 * Judges what the hosts of a lab have done: the fates of the ticks as etcd had them at each moment,
 * and the moments at which the runs were active, as they wrote them down themselves.
 */

import { Keys, tickOfText } from '../../../src/fleet/store/keys.ts';
import { type Fate, fate, lost } from '../../../src/fleet/store/records.ts';
import { decodeJson } from '../../../src/text/decode.ts';

/** A time, in seconds since boot, in which all processes of a host were stopped. */
export interface Freeze {
  readonly host: string;
  readonly from: number;
  until: number;
}

export interface Run {
  readonly job: string;
  readonly fence: number;
  readonly run: string;
  readonly host: string;
  /** Seconds since boot. */
  readonly from: number;
  to: number;
  starts: number;
}

export interface Judgement {
  readonly ticks: number;
  readonly fates: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly overlaps: number;
  /** Overlaps with a run whose host had just been woken, and the longest in milliseconds. */
  readonly woken: { readonly count: number; readonly longestMs: number };
  readonly problems: readonly string[];
}

export class Fates {
  readonly #keys = new Keys('/process-control/');
  readonly #seen = new Map<string, Fate>();
  readonly #problems: string[] = [];

  /** Takes the keys as they are now. */
  take(entries: readonly (readonly [string, string])[], jobs: readonly string[]): void {
    this.looks++;
    const found = new Map(entries);
    for (const job of jobs) {
      const prefix = `${this.#keys.job(job)}tick/`;
      for (const [key, value] of found) {
        if (!key.startsWith(prefix)) continue;
        const now = decodeJson(value, fate);
        if (now === undefined) this.#problems.push(`${key} is not a fate: ${value}`);
        else this.#change(`${job} ${tickOfText(key.slice(prefix.length))}`, now);
      }
    }
  }

  /** The number of looks so far. */
  looks = 0;

  get all(): ReadonlyMap<string, Fate> {
    return this.#seen;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  #change(tick: string, now: Fate): void {
    const before = this.#seen.get(tick);
    this.#seen.set(tick, now);
    if (before === undefined || isSuccessor(before, now)) return;
    this.#problems.push(`${tick} had the fate ${JSON.stringify(before)} and got ${JSON.stringify(now)}`);
  }
}

/** A fate is written once; a run gets its outcome, and one that was lost may be run again. */
function isSuccessor(before: Fate, now: Fate): boolean {
  if (before.fate !== 'started' || now.fate !== 'started') return JSON.stringify(before) === JSON.stringify(now);
  if (before.run === now.run)
    return before.outcome === undefined || before.outcome === lost || before.outcome === now.outcome;
  return now.attempt > before.attempt;
}

/** The runs of an audit file (test/fixtures/programs/beats.pl). */
export function runsOf(text: string): readonly Run[] {
  const runs = new Map<string, Run>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [what, job = '', fence, run = '', host = '', at] = line.split(' ');
    const known = runs.get(run) ?? {
      job,
      fence: Number(fence),
      run,
      host,
      from: Number(at),
      to: Number(at),
      starts: 0,
    };
    known.to = Math.max(known.to, Number(at));
    if (what === 'start') known.starts++;
    runs.set(run, known);
  }
  return [...runs.values()];
}

export interface Evidence {
  readonly fates: Fates;
  readonly runs: readonly Run[];
  readonly freezes: readonly Freeze[];
  readonly jobs: readonly string[];
  /** The first and the last minute of which each job must have a fate, in milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export function judge(evidence: Evidence): Judgement {
  const { fates, runs, jobs, fromMs, untilMs } = evidence;
  const problems = [...fates.problems];
  for (const job of jobs)
    for (let tickMs = fromMs; tickMs <= untilMs; tickMs += 60_000)
      if (!fates.all.has(`${job} ${tickMs}`)) problems.push(`${job} ${new Date(tickMs).toISOString()} has no fate`);
  const started = new Set<string>();
  const counts: Record<string, number> = {};
  for (const [tick, one] of fates.all) {
    const name =
      one.fate === 'started' ? (one.outcome ?? 'open') : one.fate === 'skipped' ? `skipped: ${one.why}` : one.fate;
    counts[name] = (counts[name] ?? 0) + 1;
    if (one.fate === 'started' && started.has(one.run)) problems.push(`${tick} has a run that another tick has`);
    if (one.fate === 'started') started.add(one.run);
    if (name === 'open' && Number(tick.split(' ')[1]) < untilMs) problems.push(`${tick} has a run without an end`);
  }
  for (const { run, starts, fence } of runs) {
    if (starts !== 1) problems.push(`run ${run} has started ${starts} times`);
    if (!Number.isSafeInteger(fence)) problems.push(`run ${run} has no fence`);
  }
  const overlaps = jobs.flatMap((job) =>
    overlapsOf(
      runs.filter((run) => run.job === job),
      evidence.freezes,
      problems,
    ),
  );
  const woken = overlaps.filter(({ isWoken }) => isWoken);
  return {
    ...{ ticks: fates.all.size, fates: counts, runs: runs.length, overlaps: overlaps.length - woken.length, problems },
    woken: { count: woken.length, longestMs: Math.round(Math.max(0, ...woken.map(({ seconds }) => seconds * 1000))) },
  };
}

interface Overlap {
  readonly seconds: number;
  readonly isWoken: boolean;
}

/** Runs by their fences: each must have ended before the next one begins. */
function overlapsOf(runs: readonly Run[], freezes: readonly Freeze[], problems: string[]): readonly Overlap[] {
  const inOrder = [...runs].sort((a, b) => a.fence - b.fence);
  return inOrder.flatMap((next, place) => {
    const earlier = inOrder.slice(0, place);
    for (const { run, from } of earlier)
      if (from > next.from) problems.push(`run ${next.run} has a greater fence than ${run}, which began later`);
    return earlier.filter(({ to }) => to > next.from).map((before) => overlapOf(before, next, freezes, problems));
  });
}

function overlapOf(before: Run, next: Run, freezes: readonly Freeze[], problems: string[]): Overlap {
  const freeze = freezes.find(
    ({ host, from, until }) => host === before.host && from <= next.from && until >= next.from,
  );
  const seconds = before.to - (freeze?.until ?? next.from);
  const words = `${seconds.toFixed(2)} s beside ${next.run} on ${next.host}`;
  if (freeze === undefined) problems.push(`${before.job}: run ${before.run} on ${before.host} went on ${words}`);
  return { seconds, isWoken: freeze !== undefined };
}
