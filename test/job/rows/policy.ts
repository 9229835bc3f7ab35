import { policy, type Row } from './row.ts';

const backoff = { initialSeconds: 30, factor: 2, maxSeconds: 300 };

export const policyRows: Readonly<Record<string, Row>> = {
  cron_collision_policy: {
    accepts: [
      ['QUEUE', policy({ collisionPolicy: 'QUEUE' })],
      ['kill_existing', policy({ collisionPolicy: 'KILL_EXISTING' })],
      ['Cancel_New', policy({ collisionPolicy: 'CANCEL_NEW' })],
    ],
    refuses: ['RUN_OVERLAP', 'QUEUE_NEW', '1', '[QUEUE]', '""', ''],
  },
  max_task_failures: {
    accepts: [
      ['3', policy({ maxFailures: 3 })],
      ['-1', policy({ maxFailures: Number.POSITIVE_INFINITY })],
    ],
    refuses: ['0', '-2', '1.5', '"3"', ''],
  },
  backoff: {
    accepts: [
      ['{}', policy({ backoff })],
      ['{initial: 1s}', policy({ backoff: { ...backoff, initialSeconds: 1 } })],
      [
        '{initial: 1m, factor: 1.5, max: 1h}',
        policy({ backoff: { initialSeconds: 60, factor: 1.5, maxSeconds: 3600 } }),
      ],
    ],
    refuses: ['30s', '{factor: 0.5}', '{initial: 5}', '{min: 1s}', '[]', ''],
  },
  success_exit_codes: {
    accepts: [['[0, 3]', policy({ successExitCodes: [0, 3] })]],
    refuses: ['0', '[]', '[256]', '[-1]', '["0"]', ''],
  },
  unrecoverable_exit_codes: {
    accepts: [['[64]', policy({ unrecoverableExitCodes: [64] })]],
    refuses: ['64', '[256]', '[a]', ''],
  },
  pause_after_failures: { accepts: [['10', policy({ pauseAfterFailures: 10 })]], refuses: ['0', '-1', '1.5', ''] },
  fail_on_stderr: {
    accepts: [
      ['true', policy({ failOnStderr: true })],
      ['no', policy({ failOnStderr: false })],
    ],
    refuses: ['1', '"true"', ''],
  },
  fail_on_output: { accepts: [['^ERROR', policy({ failOnOutput: '^ERROR' })]], refuses: ['1', '""', '"a\\nb"', ''] },
  require_output: { accepts: [['done$', policy({ requireOutput: 'done$' })]], refuses: ['true', '""', ''] },
  min_duration: { accepts: [['10s', policy({ minDurationSeconds: 10 })]], refuses: ['10', '-1s', ''] },
  warn_duration: { accepts: [['2h', policy({ warnDurationSeconds: 7200 })]], refuses: ['2', 'long', ''] },
  locks: {
    accepts: [
      ['[db, a.b, db]', policy({ locks: ['a.b', 'db'] })],
      ['[fleet/b, db, fleet/a]', policy({ locks: ['db'], fleetLocks: ['a', 'b'] })],
      ['[]', policy({ locks: [] })],
    ],
    refuses: ['db', '["../x"]', '[""]', '["a b"]', '[1]', ''],
  },
};
