/** The keys of a service: instances and ports, health checks and restarts. */
import { durationPattern } from '../../text/duration.ts';
import { sizePattern } from '../../text/size.ts';

const seconds = {
  type: ['number', 'string'],
  minimum: 0,
  maximum: 31_536_000,
  pattern: durationPattern,
  'x-expected': 'a number of seconds, or a duration such as 90s or 2h',
} as const;

const someSeconds = { ...seconds, exclusiveMinimum: 0 } as const;

const copies = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  'x-expected': 'a whole number from 1 to 1000',
} as const;

const count = { type: 'integer', minimum: 1, maximum: 1_000_000, 'x-expected': 'a whole number, 1 or more' } as const;

/** The name of a port, which becomes part of the name of an environment variable. */
const portNamePattern = '^[A-Za-z][A-Za-z0-9_-]{0,49}$';
const portName = { type: 'string', pattern: portNamePattern } as const;

const commandLine = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  'x-expected': 'a command line',
} as const;

const signalNames = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL'] as const;

const aurora = (key: string) => ({ description: `Aurora's name of \`${key}\`.` });

const healthKeys = {
  http: {
    type: 'object',
    additionalProperties: false,
    description:
      'HTTP request to 127.0.0.1. A status code of 400 or more is a failure, unless `expected_code` names it.',
    'x-expected': 'a mapping, such as {port: http, path: /health}',
    properties: {
      port: {
        ...portName,
        default: 'health',
        description: 'Name of the port, one of `ports`.',
        'x-expected': 'the name of a port',
      },
      path: {
        type: 'string',
        pattern: '^/[\\u0021-\\u007e]{0,2000}$',
        default: '/health',
        description: 'Path that is requested.',
        'x-expected': 'a path that starts with /',
      },
      expected_response: {
        type: 'string',
        pattern: '^[^\\u0000]{0,1000}$',
        default: 'ok',
        description:
          'Whole body of the response. Upper and lower case and blanks around it are ignored; an empty text allows any response.',
        'x-expected': 'text',
      },
      expected_code: {
        type: 'integer',
        minimum: 0,
        maximum: 599,
        default: 0,
        description: 'Only status code that counts as success; 0 stands for every code below 400.',
        examples: [204],
        'x-expected': 'a code of HTTP, or 0',
      },
    },
  },
  command: {
    ...commandLine,
    description:
      'Command line that runs in the environment and directory of the instance; exit code 0 is success. All processes that it started are ended when it exits or `timeout` is over.',
    examples: ['/usr/bin/redis-cli -p {{ports[redis]}} ping'],
  },
  tcp: {
    ...portName,
    description: 'Name of a port, one of `ports`. A connection that 127.0.0.1 accepts at this port is success.',
    examples: ['smtp'],
    'x-expected': 'the name of a port',
  },
  initial_interval: {
    ...seconds,
    default: 15,
    description: 'Seconds after a start in which failures are ignored; a success counts.',
  },
  interval: { ...someSeconds, default: 10, description: 'Seconds from one probe to the next.' },
  timeout: { ...someSeconds, default: 1, description: 'Seconds after which a probe has failed.' },
  max_consecutive_failures: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 0,
    description: 'Failures in a row that are tolerated; one more restarts the instance.',
    'x-expected': 'a whole number, 0 or more',
  },
  min_consecutive_successes: {
    ...count,
    default: 1,
    description: 'Successes in a row after which a started instance counts as up.',
  },
  snooze_max: {
    ...someSeconds,
    default: 3600,
    description:
      'Longest time that probes can be suspended, by `jobctl snooze` or by a file `.healthchecksnooze` in the directory of the instance.',
  },
  initial_interval_secs: { ...seconds, ...aurora('initial_interval') },
  interval_secs: { ...someSeconds, ...aurora('interval') },
  timeout_secs: { ...someSeconds, ...aurora('timeout') },
} as const;

export const serviceKeys = {
  service: {
    type: 'boolean',
    default: false,
    description:
      '`true`: the job is a service. It has no schedule and is kept running: it is restarted when it ends, when it no longer answers, and after a reboot. The keys from `instances` to `stop_timeout`, and `log_keep`, are for services only.',
  },
  instances: { ...copies, default: 1, description: 'Number of copies that run, numbered from 0.', examples: [4] },
  count: { ...copies, description: 'Another name of `instances`.', examples: [2] },
  ports: {
    type: ['array', 'object'],
    items: { ...portName, 'x-expected': 'the name of a port: letters, digits, "-" and "_"' },
    propertyNames: { pattern: portNamePattern, 'x-expected': 'letters, digits, "-" and "_", starting with a letter' },
    additionalProperties: {
      type: ['integer', 'string'],
      pattern: '^auto$',
      minimum: 1,
      maximum: 65_535,
      'x-expected': 'a port number, or auto',
    },
    description:
      'Names of the ports that each instance listens on. The instance gets the number as `{{ports[http]}}` in `command` and in its environment (`PORT_HTTP`). Numbers come from `port_range` unless the file gives one. `endpoints.json` of the service, below `run_directory`, lists them.',
    examples: [['http', 'health'], { http: 8080, admin: 'auto' }],
    'x-expected': 'a list of names, or a mapping of names to numbers or "auto"',
  },
  health_check: {
    type: 'object',
    additionalProperties: false,
    description:
      'Probe that shows whether an instance answers: exactly one of `http`, `command` and `tcp`. Without it an instance is up as soon as it is started.',
    examples: [{ http: { port: 'http', path: '/health' } }, { tcp: 'smtp', interval: 30 }],
    'x-expected': 'a mapping with one of "http", "command" and "tcp"',
    properties: healthKeys,
  },
  restart: {
    type: 'string',
    enum: ['always', 'on-failure', 'never'],
    default: 'always',
    description:
      'Rule for starting an instance again after it has ended: `always`, `never`, or `on-failure` (after an exit code other than 0, a signal, or failed probes).',
  },
  restart_delay: {
    ...seconds,
    default: 1,
    description:
      'Seconds until the first restart. The delay doubles each time that the instance ends before `min_uptime`.',
  },
  restart_delay_max: { ...seconds, default: 300, description: 'Longest delay before a restart, in seconds.' },
  min_uptime: {
    ...seconds,
    default: 300,
    description: 'Seconds that an instance must be up to reset the delay to `restart_delay`.',
  },
  respawn_limit: {
    type: ['string', 'object'],
    pattern: '^\\d{1,6} \\d{1,8}$',
    additionalProperties: false,
    required: ['count', 'interval'],
    description:
      'Limit of restarts. An instance that ends more than `count` times within `interval` seconds is FAILED, and is not started again until `jobctl reset` or `jobctl start`.',
    examples: ['10 90', { count: 10, interval: 90 }],
    'x-expected': 'two numbers such as "10 90", or a mapping of "count" and "interval"',
    properties: {
      count: { ...count, description: 'Number of times that an instance may end.' },
      interval: { ...someSeconds, description: 'Seconds, counted back from the latest end.' },
    },
  },
  normal_exit: {
    type: ['array', 'integer', 'string'],
    minimum: 0,
    maximum: 255,
    pattern: '^\\S+(?: +\\S+)*$',
    items: {
      type: ['integer', 'string'],
      minimum: 0,
      maximum: 255,
      pattern: '^(?:SIG)?[A-Z][A-Z0-9]{1,8}$',
      'x-expected': 'an exit code or the name of a signal',
    },
    description: 'Exit codes and signals after which the instance has finished and is not started again.',
    examples: [[0, 'TERM'], '0 TERM'],
    'x-expected': 'a list of exit codes and names of signals, such as [0, TERM]',
  },
  pid_file: {
    type: 'string',
    pattern: '^[^\\u0000-\\u001f\\u007f]{1,1000}$',
    description:
      'PID file of a program that puts itself into the background. `command` must exit with 0 and leave its pid in this file; the supervisor then watches that process. A relative path starts at the directory of the instance.',
    examples: ['/run/shop/mail-relay.pid'],
    'x-expected': 'a path',
  },
  monitor_interval: {
    ...someSeconds,
    default: 10,
    description: 'Seconds between two checks of the process of a `pid_file`.',
  },
  stop_signal: {
    type: 'string',
    pattern: `^(?:SIG)?(?:${signalNames.join('|')})$`,
    default: 'TERM',
    description: 'Signal that all processes of an instance get when it is stopped.',
    examples: ['QUIT'],
    'x-expected': `one of ${signalNames.join(', ')}`,
  },
  stop_timeout: {
    ...seconds,
    default: 10,
    description: 'Seconds that an instance has to end; after them all its processes get KILL.',
  },
  log_max_size: {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: sizePattern,
    description:
      'Largest size of one log.\n\nOf a run: 256M unless given, at least 1M; 0 means no limit. A longer log keeps its beginning and its end, and counts what is left out.\n\nOf a service: 100M unless given, at least 1K. When a log has this size, a new one is started.',
    examples: ['20M'],
    'x-expected': 'a number of bytes, or a size such as 20M',
  },
  log_keep: { ...count, default: 5, description: 'Number of logs that each instance keeps.' },
} as const;
