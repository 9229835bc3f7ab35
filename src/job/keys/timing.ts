/** The keys of a job file that say when a run may begin: zone, delay, deadline and what becomes of missed ticks. */
import { durationPattern, parseDuration } from '../../text/duration.ts';

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
      "The zone in which `schedule` is read: a name of the host's own table, spelled as in /usr/share/zoneinfo; without it the host's. cron itself knows only the zone of the host: the crontab gets a line that asks more often, and `run-job --due` looks whether the schedule has a tick now.",
    examples: ['America/New_York'],
    'x-expected': 'the name of a time zone, such as Europe/Berlin',
  },
  splay: {
    ...duration,
    description:
      'A tick is delayed by a time below this, always the same for this job on this host, so that a fleet does not start at once.',
    examples: ['5m'],
  },
  start_deadline: {
    ...duration,
    description:
      'A tick that could not start within this time is skipped. With `cron_collision_policy: QUEUE` it is also how long the next run waits for the one under way (an hour unless given).',
    examples: ['10m'],
  },
  catch_up: {
    type: 'string',
    enum: ['none', 'last'],
    default: 'none',
    description:
      '`last`: of the ticks that were missed while the machine was off or cron stood still, the last one is run afterwards. Missed ticks are recorded either way.',
  },
  catch_up_window: {
    ...duration,
    default: '24h',
    description: 'A tick that was missed longer ago than this is not made up for.',
    examples: ['3d'],
  },
} as const;

/** Of a job that the clock starts. */
export interface Timing {
  /** IANA name; absent: the host's. */
  readonly timeZone?: string;
  /** 0: no delay. */
  readonly splaySeconds: number;
  readonly startDeadlineSeconds?: number;
  readonly catchUp: 'none' | 'last';
  readonly catchUpWindowSeconds: number;
}

/** As they are written. */
export interface TimingKeys {
  readonly time_zone?: string | undefined;
  readonly splay?: string | undefined;
  readonly start_deadline?: string | undefined;
  readonly catch_up?: 'none' | 'last' | undefined;
  readonly catch_up_window?: string | undefined;
}

export function timingOf(written: TimingKeys): Timing {
  const { time_zone: timeZone, splay, start_deadline, catch_up, catch_up_window } = written;
  return {
    ...(timeZone !== undefined && { timeZone }),
    splaySeconds: parseDuration(splay ?? '0s') ?? 0,
    ...(start_deadline !== undefined && { startDeadlineSeconds: parseDuration(start_deadline) ?? 0 }),
    catchUp: catch_up ?? timingKeys.catch_up.default,
    catchUpWindowSeconds: parseDuration(catch_up_window ?? timingKeys.catch_up_window.default) ?? 0,
  };
}
