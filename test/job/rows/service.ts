import { type Service, serviceOf } from '../../../src/job/service.ts';
import type { Row } from './row.ts';

/** The service of a job file that has only `service: true`. */
const service = (part: Partial<Service>) => ({ service: { ...serviceOf({}), ...part } });
const respawn = (part: Partial<Service['respawn']>) => service({ respawn: { ...serviceOf({}).respawn, ...part } });

const usualHealth = {
  graceSeconds: 15,
  intervalSeconds: 10,
  timeoutSeconds: 1,
  maxFailures: 0,
  minSuccesses: 1,
  snoozeMaxSeconds: 3600,
};
const ping = { by: 'command', command: { text: '/bin/ping x', words: ['/bin/ping', 'x'] } } as const;

/** Each is tried with `service: true` beside it. */
export const serviceRows: Readonly<Record<string, Row>> = {
  service: { accepts: [['true', service({})]], refuses: ['1', '"true"', 'y', ''] },
  instances: { accepts: [['4', service({ instances: 4 })]], refuses: ['0', '-1', '1.5', '1001', '"4"', ''] },
  count: { accepts: [['2', service({ instances: 2 })]], refuses: ['0', 'two', ''] },
  ports: {
    accepts: [
      ['[http, health]', service({ ports: [{ name: 'http' }, { name: 'health' }] })],
      ['{http: 8080, admin: auto}', service({ ports: [{ name: 'http', number: 8080 }, { name: 'admin' }] })],
      ['[]', service({ ports: [] })],
    ],
    refuses: [
      '8080',
      'http',
      '[8080]',
      '[a b]',
      '{http: 0}',
      '{http: 65536}',
      '{http: any}',
      '{a: 1, b: 1}',
      '[a-b, a_b]',
      '',
    ],
  },
  health_check: {
    accepts: [
      ['{command: /bin/ping x}', service({ health: { ...usualHealth, probe: ping } })],
      [
        '{command: /bin/ping x, initial_interval: 1m, interval: 5, timeout: 0.5, max_consecutive_failures: 2, min_consecutive_successes: 3, snooze_max: 2h}',
        service({
          health: {
            probe: ping,
            graceSeconds: 60,
            intervalSeconds: 5,
            timeoutSeconds: 0.5,
            maxFailures: 2,
            minSuccesses: 3,
            snoozeMaxSeconds: 7200,
          },
        }),
      ],
      [
        '{command: /bin/ping x, initial_interval_secs: 30, interval_secs: 5, timeout_secs: 2}',
        service({ health: { ...usualHealth, probe: ping, graceSeconds: 30, intervalSeconds: 5, timeoutSeconds: 2 } }),
      ],
    ],
    refuses: [
      'http',
      '{}',
      '{command: /bin/ping x, tcp: a}',
      '{command: "a \'b"}',
      '{tcp: smtp}',
      '{http: {}}',
      '{http: {port: web}}',
      '{command: /bin/ping x, interval: 0}',
      '{command: /bin/ping x, interval: often}',
      '{command: /bin/ping x, max_consecutive_failures: -1}',
      '{command: /bin/ping x, min_consecutive_successes: 0}',
      '{grpc: x}',
      '',
    ],
  },
  restart: {
    accepts: [
      ['on-failure', respawn({ restart: 'on-failure' })],
      ['never', respawn({ restart: 'never' })],
    ],
    refuses: ['no', 'Always', 'true', ''],
  },
  restart_delay: {
    accepts: [
      ['0', respawn({ delaySeconds: 0 })],
      ['2m', respawn({ delaySeconds: 120 })],
    ],
    refuses: ['-1', 'soon', '""', ''],
  },
  restart_delay_max: { accepts: [['60', respawn({ maxDelaySeconds: 60 })]], refuses: ['-1', ''] },
  min_uptime: { accepts: [['10s', respawn({ minUptimeSeconds: 10 })]], refuses: ['long', ''] },
  respawn_limit: {
    accepts: [
      ['10 90', respawn({ limit: { count: 10, intervalSeconds: 90 } })],
      ['{count: 3, interval: 1m}', respawn({ limit: { count: 3, intervalSeconds: 60 } })],
    ],
    refuses: ['10', '10/90', '[10, 90]', '{count: 3}', '{count: 0, interval: 5}', ''],
  },
  normal_exit: {
    accepts: [
      ['[0, TERM]', respawn({ normalExit: { codes: [0], signals: [15] } })],
      ['0 1 SIGHUP', respawn({ normalExit: { codes: [0, 1], signals: [1] } })],
      ['3', respawn({ normalExit: { codes: [3], signals: [] } })],
    ],
    refuses: ['-1', '[300]', '0 FOO', '[BAR]', '[]x', '{a: b}', ''],
  },
  pid_file: {
    accepts: [['/run/a.pid', service({ pidFile: '/run/a.pid' })]],
    refuses: ['1', '"a\\nb"', '"{{nothing}}"', ''],
  },
  monitor_interval: { accepts: [['60', service({ monitorSeconds: 60 })]], refuses: ['0', '-1', ''] },
  stop_signal: {
    accepts: [
      ['QUIT', service({ stopSignal: 3 })],
      ['SIGINT', service({ stopSignal: 2 })],
    ],
    refuses: ['15', 'STOP', 'term', ''],
  },
  stop_timeout: { accepts: [['30', service({ stopSeconds: 30 })]], refuses: ['-1', 'x', ''] },
  log_max_size: { accepts: [['20M', service({ logMaxBytes: 20 * 2 ** 20 })]], refuses: ['12', 'big', '20MB', ''] },
  log_keep: { accepts: [['2', service({ logKeep: 2 })]], refuses: ['0', '1.5', ''] },
};
