/**
 * Chooses the minutes of the hour in which cron must ask about a job that has a time zone of its own: cron knows the host's zone only,
 * so the line is a superset (every hour), and `run-job --due` looks whether the schedule has a tick now.
 */
import type { Expression } from './expression.ts';
import { offsetAt, offsetChanges } from './zone.ts';

const minuteMs = 60_000;

/** The years that are looked through are fixed, so that the line does not change with time. */
const fromMs = Date.UTC(2025, 0, 1);
const untilMs = Date.UTC(2040, 0, 1);

export interface Zones {
  readonly job: string;
  readonly host: string;
}

/** A cron term for the minute. */
export function dueMinutes(expression: Pick<Expression, 'minutes'>, zones: Zones): string {
  const { differences, gapEnds } = distancesOf(zones);
  const minutes = new Set(gapEnds);
  for (const difference of differences)
    for (const minute of expression.minutes) minutes.add(clockMinute(minute - difference));
  return minutes.size === 60 ? '*' : [...minutes].sort((a, b) => a - b).join(',');
}

interface Distances {
  /** By how many minutes the job's clock is ahead of the host's, in whichever seasons they are. */
  readonly differences: ReadonlySet<number>;
  /** The minutes on the host's clock at which a gap of the job's zone ends: what the gap has swallowed is due then. */
  readonly gapEnds: ReadonlySet<number>;
}

const known = new Map<string, Distances>();

function distancesOf(zones: Zones): Distances {
  const key = JSON.stringify(zones);
  const distances = known.get(key) ?? findDistances(zones);
  known.set(key, distances);
  return distances;
}

function findDistances({ job, host }: Zones): Distances {
  const span = { afterMs: fromMs, untilMs };
  const ofJob = offsetChanges(job, span);
  const instants = [fromMs, ...[...ofJob, ...offsetChanges(host, span)].map(({ atMs }) => atMs)];
  const gaps = ofJob.filter(({ beforeMs, afterMs }) => afterMs > beforeMs);
  return {
    differences: new Set(instants.map((atMs) => Math.floor((offsetAt(job, atMs) - offsetAt(host, atMs)) / minuteMs))),
    gapEnds: new Set(gaps.map(({ atMs }) => clockMinute((atMs + offsetAt(host, atMs)) / minuteMs))),
  };
}

function clockMinute(minutes: number): number {
  return ((Math.floor(minutes) % 60) + 60) % 60;
}
