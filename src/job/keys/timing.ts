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
      'Time within which a tick must start; a later one is skipped. With `cron_collision_policy: QUEUE` it is also the time that the next run waits for the one under way (without this key one hour).',
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
