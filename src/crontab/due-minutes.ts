/**
 * Chooses the minutes of the hour in which cron must ask about a job that has a time zone of its
 * own: cron knows the host's zone only, so the line is a superset (every hour), and `run-job --due`
 * looks whether the schedule has a tick now.
 */
import type { Expression } from '../schedule/expression.ts';
import type { Zone } from '../zone/zone.ts';

const minuteMs = 60_000;

/** The years that are examined are fixed, so that the line does not change with time. */
const fromMs = Date.UTC(2025, 0, 1);
const untilMs = Date.UTC(2040, 0, 1);

export interface ZonePair {
  readonly job: Zone;
  readonly host: Zone;
}

/** Returns the minute term of a line. */
export function dueMinutes(expression: Pick<Expression, 'minutes'>, zones: ZonePair): string {
  const { differences, gapEnds } = distancesOf(zones);
  const minutes = new Set(gapEnds);
  for (const difference of differences)
    for (const minute of expression.minutes) minutes.add(clockMinute(minute - difference));
  return minutes.size === 60 ? '*' : [...minutes].sort((a, b) => a - b).join(',');
}

interface Distances {
  /**
   * The minutes by which the job's clock is ahead of the host's, in all combinations of their
   * seasons.
   */
  readonly differences: ReadonlySet<number>;
  /**
   * The minutes on the host's clock at which a gap of the job's zone ends: ticks in the gap are due
   * then.
   */
  readonly gapEnds: ReadonlySet<number>;
}

const known = new WeakMap<Zone, WeakMap<Zone, Distances>>();

/** Returns the known distances of two zones, because thousands of jobs share a zone. */
function distancesOf(zones: ZonePair): Distances {
  const ofHost = known.get(zones.host) ?? new WeakMap<Zone, Distances>();
  known.set(zones.host, ofHost);
  const distances = ofHost.get(zones.job) ?? findDistances(zones);
  ofHost.set(zones.job, distances);
  return distances;
}

function findDistances({ job, host }: ZonePair): Distances {
  const span = { afterMs: fromMs, untilMs };
  const ofJob = job.changes(span);
  const instants = [fromMs, ...[...ofJob, ...host.changes(span)].map(({ atMs }) => atMs)];
  const gaps = ofJob.filter(({ beforeMs, afterMs }) => afterMs > beforeMs);
  return {
    differences: new Set(instants.map((atMs) => Math.floor((job.offsetAt(atMs) - host.offsetAt(atMs)) / minuteMs))),
    gapEnds: new Set(gaps.map(({ atMs }) => clockMinute((atMs + host.offsetAt(atMs)) / minuteMs))),
  };
}

function clockMinute(minutes: number): number {
  return ((Math.floor(minutes) % 60) + 60) % 60;
}
