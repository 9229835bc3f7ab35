/**
 * The minute up to which job-scheduler has started all lines, kept in the state directory. After a
 * short stop (a new version, a crash) it goes on there, as cron makes up for a clock that has gone
 * ahead by some minutes; after a longer one it begins anew, and what was due is missed.
 */
import { type CronClock, cronClock, type Step } from '../../schedule/cron-clock.ts';
import { count, type Decoder, decodeJson, shape } from '../../text/decode.ts';

export interface Position {
  readonly localMinute: number;
  /** Local time minus UTC. After a change of the zone the minutes are not comparable. */
  readonly offsetMs: number;
}

const longestStopMinutes = 5;

export function positionText({ virtualMinute }: CronClock, offsetMs: number): string {
  return `${JSON.stringify({ localMinute: virtualMinute, offsetMs })}\n`;
}

const offset: Decoder<number> = (value) => (Number.isSafeInteger(value) ? (value as number) : undefined);

const position = shape<Position>({ localMinute: count, offsetMs: offset });

/**
 * The first step. The last minute is examined once more, since its starts may not have been
 * complete: the caller leaves out the lines that had theirs.
 */
export function firstStep(kept: string | undefined, now: Position): Step & { readonly resumes: boolean } {
  const last = decodeJson(kept, position);
  const ahead = now.localMinute - (last?.localMinute ?? Number.NaN);
  const clock = cronClock(now.localMinute);
  if (last?.offsetMs !== now.offsetMs || !(ahead >= 0 && ahead <= longestStopMinutes))
    return { clock, looks: [], resumes: false };
  const looks = Array.from({ length: ahead + 1 }, (_, at) => ({
    localMinute: last.localMinute + at,
    lines: 'all' as const,
  }));
  return { clock, looks, resumes: true };
}
