/** The keys of a job file for collisions, failure rules, retries and pauses. */

import { defined } from '../../text/defined.ts';
import { durationPattern } from '../../text/duration.ts';
import type { WrittenKeys } from '../../yaml/schema.ts';
import { inSeconds } from './units.ts';

const duration = {
  type: 'string',
  pattern: durationPattern,
  'x-expected': 'a duration such as 90s, 10m or 2h',
} as const;

const exitCodes = {
  type: 'array',
  items: { type: 'integer', minimum: 0, maximum: 255, 'x-expected': 'an exit code, 0 to 255' },
  'x-expected': 'a list of exit codes, such as [0, 3]',
} as const;

const regularExpression = {
  type: 'string',
  pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]{1,500}$',
  'x-expected': 'a regular expression, one line',
} as const;

export const policyKeys = {
  cron_collision_policy: {
    type: 'string',
    pattern:
      '^(?:[Cc][Aa][Nn][Cc][Ee][Ll]_[Nn][Ee][Ww]|[Kk][Ii][Ll][Ll]_[Ee][Xx][Ii][Ss][Tt][Ii][Nn][Gg]|[Qq][Uu][Ee][Uu][Ee])$',
    default: 'CANCEL_NEW',
    description:
      'What run-job does when the job is still running: `CANCEL_NEW` skips the new run, `KILL_EXISTING` ends the old run and starts the new one, `QUEUE` makes the new run wait until the old one has ended.',
    examples: ['QUEUE'],
    'x-expected': 'CANCEL_NEW, KILL_EXISTING or QUEUE',
  },
  max_task_failures: {
    type: 'integer',
    minimum: -1,
    maximum: 1_000_000,
    not: { const: 0 },
    default: 1,
    description:
      'Number of attempts after which a run has failed: `3` tries the command up to three times, `-1` until it succeeds. All attempts are one run, with one lock and one log. `timeout` applies to each attempt. A tick gets no further attempt after its `start_deadline`.',
    examples: [3],
    'x-expected': 'a whole number, 1 or more, or -1 for no limit',
  },
  backoff: {
    type: 'object',
    description: 'Time to wait between two attempts.',
    additionalProperties: false,
    examples: [{ initial: '30s', factor: 2, max: '5m' }],
    'x-expected': 'a mapping of "initial", "factor" and "max"',
    properties: {
      initial: { ...duration, default: '30s', description: 'Wait before the second attempt.' },
      factor: {
        type: 'number',
        minimum: 1,
        maximum: 100,
        default: 2,
        description: 'Factor by which each further wait is longer.',
        'x-expected': 'a number from 1 to 100',
      },
      max: { ...duration, default: '5m', description: 'Longest wait.' },
    },
  },
  success_exit_codes: {
    ...exitCodes,
    minItems: 1,
    description: 'Exit codes that mean success; without this key `[0]`.',
    examples: [[0, 3]],
  },
  unrecoverable_exit_codes: {
    ...exitCodes,
    description:
      'Exit codes after which run-job makes no further attempt and pauses the job until an operator resumes it. A timeout counts as 124, a command that is not found as 127, an end by signal n as 128+n.',
    examples: [[64, 78]],
  },
  pause_after_failures: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    description: 'Failures in a row after which run-job pauses the job and sends a notice. An operator must resume it.',
    examples: [10],
    'x-expected': 'a whole number, 1 or more',
  },
  fail_on_stderr: {
    type: 'boolean',
    default: false,
    description: '`true`: a run that prints anything to stderr has failed.',
  },
  fail_on_output: {
    ...regularExpression,
    description:
      'Regular expression (JavaScript). A run has failed if a line of its output, as a terminal shows it, matches.',
    examples: ['^ERROR:'],
  },
  require_output: {
    ...regularExpression,
    description:
      'Regular expression (JavaScript). A run has failed if no line of its output, as a terminal shows it, matches.',
    examples: ['^backup complete'],
  },
  min_duration: {
    ...duration,
    description: 'An attempt that succeeds in less time than this has failed: it cannot have done its work.',
    examples: ['10s'],
  },
  warn_duration: {
    ...duration,
    description:
      'A run that takes longer than this gets a warning and goes on. All attempts and the waits between them count.',
    examples: ['2h'],
  },
  locks: {
    type: 'array',
    items: {
      type: 'string',
      pattern: '^(?:fleet/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,98}$',
      'x-expected': 'a name of letters, digits, "_", "." and "-", or "fleet/" and such a name',
    },
    maxItems: 20,
    description:
      'Locks that this job shares with other jobs: two jobs that have a lock in common never run at the same time. If a lock is held, the run is skipped; with `cron_collision_policy: QUEUE` it waits. run-job never ends a run of another job for a lock. A lock whose name begins with `fleet/` is held in the whole fleet, the others only on the host; it needs a `pool` with `runs: one`, and `fleet.etcd` in the configuration.',
    examples: [['database']],
    'x-expected': 'a list of names',
  },
} as const;

export type CollisionPolicy = 'CANCEL_NEW' | 'KILL_EXISTING' | 'QUEUE';

export interface Backoff {
  readonly initialSeconds: number;
  readonly factor: number;
  readonly maxSeconds: number;
}

export interface Policy {
  readonly collisionPolicy: CollisionPolicy;
  /** Failed attempts that fail the run; Infinity tries until an attempt succeeds. */
  readonly maxFailures: number;
  readonly backoff: Backoff;
  readonly successExitCodes: readonly number[];
  readonly unrecoverableExitCodes: readonly number[];
  readonly pauseAfterFailures?: number;
  readonly failOnStderr: boolean;
  /** The source of a valid regular expression. */
  readonly failOnOutput?: string;
  readonly requireOutput?: string;
  readonly minDurationSeconds?: number;
  readonly warnDurationSeconds?: number;
  /** The locks of the host; sorted, each once. */
  readonly locks: readonly string[];
  /** The locks of the fleet, without `fleet/`; sorted, each once; absent if there are none. */
  readonly fleetLocks?: readonly string[];
}

type WrittenPolicy = WrittenKeys<typeof policyKeys>;

export function policyOf(written: WrittenPolicy): Policy {
  const tries = written.max_task_failures ?? policyKeys.max_task_failures.default;
  return defined({
    collisionPolicy: (written.cron_collision_policy?.toUpperCase() ?? 'CANCEL_NEW') as CollisionPolicy,
    maxFailures: tries < 0 ? Number.POSITIVE_INFINITY : tries,
    backoff: backoffOf(written.backoff),
    successExitCodes: written.success_exit_codes ?? [0],
    unrecoverableExitCodes: written.unrecoverable_exit_codes ?? [],
    pauseAfterFailures: written.pause_after_failures,
    failOnStderr: written.fail_on_stderr ?? false,
    failOnOutput: written.fail_on_output,
    requireOutput: written.require_output,
    minDurationSeconds: inSeconds(written.min_duration),
    warnDurationSeconds: inSeconds(written.warn_duration),
    ...locksOf(written.locks),
  });
}

const ofFleet = 'fleet/';

function locksOf(written: readonly string[] = []): Pick<Policy, 'locks' | 'fleetLocks'> {
  const names = [...new Set(written)].sort();
  const fleetLocks = names.filter((name) => name.startsWith(ofFleet)).map((name) => name.slice(ofFleet.length));
  return {
    locks: names.filter((name) => !name.startsWith(ofFleet)),
    ...(fleetLocks.length > 0 && { fleetLocks }),
  };
}

function backoffOf(written: WrittenPolicy['backoff'] = {}): Backoff {
  const { initial, factor, max } = policyKeys.backoff.properties;
  return {
    initialSeconds: inSeconds(written.initial ?? initial.default),
    factor: written.factor ?? factor.default,
    maxSeconds: inSeconds(written.max ?? max.default),
  };
}
