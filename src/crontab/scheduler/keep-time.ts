/**
 * The loop of job-scheduler: at each new minute it starts the lines that cron would start, also
 * after a change, a step or a standstill of the clock.
 */
import { type CronClock, cronStep } from '../../schedule/cron-clock.ts';
import { minuteMs } from '../../zone/zone.ts';
import { roundsOf, type Table, type TableLine } from './table.ts';

export interface TimeHost {
  readonly nowMs: () => number;
  /** Local time minus UTC, by the host's zone as it is now. */
  readonly offsetMs: () => number;
  readonly table: () => Table;
  /** Starts a line. Resolves when what it started has ended. */
  readonly start: (line: TableLine) => Promise<void>;
  /** Resolves after a time, and at any signal: one may ask the scheduler to stop. */
  readonly rest: (ms: number) => Promise<void>;
  readonly isStopping: () => boolean;
  /** Called when the starts of a minute are under way. */
  readonly reached: (clock: CronClock) => void;
  /** The clock has gone on by more than a minute, or back. */
  readonly jumped: (minutes: number) => void;
}

/** A clock that is set, and a suspend, are noticed after this time. */
const longestRestMs = 10_000;
/** cron waits so long at most between two minutes that it makes up for. */
const betweenRoundsMs = 10_000;

/** Local minutes since 1970-01-01 00:00. */
export function localMinute({ nowMs, offsetMs }: Pick<TimeHost, 'nowMs' | 'offsetMs'>): number {
  return Math.floor((nowMs() + offsetMs()) / minuteMs);
}

/** Lines that start together. */
export type Round = readonly TableLine[];

/** Runs until the scheduler is to stop. `open` has the lines of minutes before, which come first. */
export async function keepTime(first: CronClock, open: readonly Round[], host: TimeHost): Promise<void> {
  let clock = first;
  await startRounds(open, host);
  while (!host.isStopping()) {
    const step = cronStep(clock, localMinute(host));
    if (step.looks.length > 0) {
      const moved = step.clock.wallMinute - clock.wallMinute;
      if (moved !== 1) host.jumped(moved);
      clock = step.clock;
      await startRounds(roundsOf(host.table(), step.looks), host);
      host.reached(clock);
    }
    await host.rest(Math.min(longestRestMs, untilNextMinute(host)));
  }
}

function untilNextMinute({ nowMs, offsetMs }: TimeHost): number {
  return minuteMs - ((nowMs() + offsetMs()) % minuteMs);
}

/** Between two rounds it waits for what it has started, but not for long. */
async function startRounds(rounds: readonly Round[], host: TimeHost): Promise<void> {
  let last: Promise<unknown> | undefined;
  for (const round of rounds) {
    if (last !== undefined) await Promise.race([last, host.rest(betweenRoundsMs)]);
    if (host.isStopping()) return;
    last = Promise.all(round.map((line) => host.start(line)));
  }
}
