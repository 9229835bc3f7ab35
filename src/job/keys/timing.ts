/** The keys of a job file for the start of runs: zone, delay, deadline and missed ticks. */

import { defined } from '../../text/defined.ts';
import { durationPattern } from '../../text/duration.ts';
import type { WrittenKeys } from '../../yaml/schema.ts';
import { inSeconds } from './units.ts';

const duration = {
  type: 'string',
  pattern: durationPattern,
  'x-expected': 'a duration such as 90s, 10m or 2h',
} as const;

export const timingKeys = {
  time_zone: {
    type: 'string',
    pattern: '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$',
    description:
      "Time zone of `schedule`: a name spelled as in /usr/share/zoneinfo of the host; without it the host's zone. cron itself knows only the zone of the host. Therefore the crontab gets a line that starts more often, and `run-job --due` runs the job only if its schedule has a tick now.",
    examples: ['America/New_York'],
    'x-expected': 'the name of a time zone, such as Europe/Berlin',
  },
  splay: {
    ...duration,
    description:
      'Upper limit of a delay for each tick. The delay is always the same for this job on this host, and differs between hosts, so that a fleet does not start at once.',
    examples: ['5m'],
  },
  start_deadline: {
    ...duration,
    description:
      'Time after its tick within which a run must start; later it is skipped. With `cron_collision_policy: QUEUE` it is also the time that the next run waits for the one under way (without this key one hour).',
    examples: ['10m'],
  },
  catch_up: {
    type: 'string',
    enum: ['none', 'last'],
    default: 'none',
    description:
      '`last`: if ticks were missed while the host was off or cron was not running, the last of them is run afterwards. The history records missed ticks with either value.',
  },
  catch_up_window: {
    ...duration,
    default: '24h',
    description: 'A missed tick that is older than this is not run.',
    examples: ['3d'],
  },
} as const;

/** The timing of a job that cron starts. */
export interface Timing {
  /** The IANA name of the job's zone; absent for the host's zone. */
  readonly timeZone?: string;
  /** 0: no delay. */
  readonly splaySeconds: number;
  readonly startDeadlineSeconds?: number;
  readonly catchUp: 'none' | 'last';
  readonly catchUpWindowSeconds: number;
}

export type WrittenTiming = WrittenKeys<typeof timingKeys>;

export function timingOf(written: WrittenTiming): Timing {
  const { time_zone: timeZone, splay, start_deadline, catch_up, catch_up_window } = written;
  return defined({
    timeZone,
    splaySeconds: inSeconds(splay ?? 0),
    startDeadlineSeconds: inSeconds(start_deadline),
    catchUp: catch_up ?? timingKeys.catch_up.default,
    catchUpWindowSeconds: inSeconds(catch_up_window ?? timingKeys.catch_up_window.default),
  });
}
