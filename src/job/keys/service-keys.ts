/** The keys of a job that is a service: what must stay up, how it is seen to be well, and what is done when it is not. */
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

/** It becomes part of the name of an environment variable. */
const portNamePattern = '^[A-Za-z][A-Za-z0-9_-]{0,49}$';
const portName = { type: 'string', pattern: portNamePattern } as const;

const commandLine = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  'x-expected': 'a command line',
} as const;

const signalNames = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL'] as const;

const aurora = (key: string) => ({ description: `Aurora's spelling of \`${key}\`.` });

const healthKeys = {
  http: {
    type: 'object',
    additionalProperties: false,
    description: 'Ask over HTTP on 127.0.0.1. A code of 400 or more is a failure, unless `expected_code` names it.',
    'x-expected': 'a mapping, such as {port: http, path: /health}',
    properties: {
      port: { ...portName, default: 'health', description: 'One of `ports`.', 'x-expected': 'the name of a port' },
      path: {
        type: 'string',
        pattern: '^/[\\u0021-\\u007e]{0,2000}$',
        default: '/health',
        description: 'What is asked for.',
        'x-expected': 'a path that starts with /',
      },
      expected_response: {
        type: 'string',
        pattern: '^[^\\u0000]{0,1000}$',
        default: 'ok',
        description: 'The whole answer, compared without blanks around it and without case; an empty text allows any.',
        'x-expected': 'text',
      },
      expected_code: {
        type: 'integer',
        minimum: 0,
        maximum: 599,
        default: 0,
        description: 'The only code that counts as success; 0 stands for every code below 400.',
        examples: [204],
        'x-expected': 'a code of HTTP, or 0',
      },
    },
  },
  command: {
    ...commandLine,
    description:
      'Run this in the environment and directory of the instance; exit code 0 is success. Nothing that it started is left when it has ended or `timeout` is over.',
    examples: ['/usr/bin/redis-cli -p {{ports[redis]}} ping'],
  },
  tcp: {
    ...portName,
    description: 'One of `ports`: success when a connection to it on 127.0.0.1 is accepted.',
    examples: ['smtp'],
    'x-expected': 'the name of a port',
  },
  initial_interval: {
    ...seconds,
    default: 15,
    description: 'Failures in the first seconds after a start are ignored; a success counts.',
  },
  interval: { ...someSeconds, default: 10, description: 'Seconds from one probe to the next.' },
  timeout: { ...someSeconds, default: 1, description: 'Seconds that a probe may take; then it has failed.' },
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
    description: 'Successes in a row after which an instance that was started counts as up.',
  },
  snooze_max: {
    ...someSeconds,
    default: 3600,
    description:
      'A snooze (`jobctl snooze`, or a file `.healthchecksnooze` in the directory of the instance) ends after so long.',
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
      '`true`: the job has no schedule, it is to run always. It is started again when it ends, when it stops to answer and after a reboot. The keys below are for services only.',
  },
  instances: { ...copies, default: 1, description: 'How many copies run, numbered from 0.', examples: [4] },
  count: { ...copies, description: 'Another spelling of `instances`.', examples: [2] },
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
      'Names of the ports that each instance listens on. It finds the number in the environment (`PORT_HTTP`) or as `{{ports[http]}}` in `command`. Numbers come out of `port_range` unless one is given; which they are stands in `endpoints.json` of the service below `run_directory`.',
    examples: [['http', 'health'], { http: 8080, admin: 'auto' }],
    'x-expected': 'a list of names, or a mapping of names to numbers or "auto"',
  },
  health_check: {
    type: 'object',
    additionalProperties: false,
    description:
      'How it is seen that an instance answers: exactly one of `http`, `command` and `tcp`. Without it an instance is up as soon as it is started.',
    examples: [{ http: { port: 'http', path: '/health' } }, { tcp: 'smtp', interval: 30 }],
    'x-expected': 'a mapping with one of "http", "command" and "tcp"',
    properties: healthKeys,
  },
  restart: {
    type: 'string',
    enum: ['always', 'on-failure', 'never'],
    default: 'always',
    description:
      'Whether an instance that has ended is started again; `on-failure` means an exit code that is not 0, a signal, or no answer to its probes.',
  },
  restart_delay: {
    ...seconds,
    default: 1,
    description: 'Seconds until the first restart; it doubles with each death that comes before `min_uptime`.',
  },
  restart_delay_max: { ...seconds, default: 300, description: 'The longest delay, in seconds.' },
  min_uptime: {
    ...seconds,
    default: 300,
    description: 'An instance that was up for so many seconds begins with `restart_delay` again.',
  },
  respawn_limit: {
    type: ['string', 'object'],
    pattern: '^\\d{1,6} \\d{1,8}$',
    additionalProperties: false,
    required: ['count', 'interval'],
    description:
      'More deaths of an instance than `count` within `interval` seconds, and it is left alone as FAILED until `jobctl reset` or `jobctl start`.',
    examples: ['10 90', { count: 10, interval: 90 }],
    'x-expected': 'two numbers such as "10 90", or a mapping of "count" and "interval"',
    properties: {
      count: { ...count, description: 'Deaths that are tolerated.' },
      interval: { ...someSeconds, description: 'Seconds, counted back from the latest death.' },
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
    description: 'Exit codes and signals that mean that the instance has finished: it is not started again.',
    examples: [[0, 'TERM'], '0 TERM'],
    'x-expected': 'a list of exit codes and names of signals, such as [0, TERM]',
  },
  pid_file: {
    type: 'string',
    pattern: '^[^\\u0000-\\u001f\\u007f]{1,1000}$',
    description:
      'For a program that puts itself in the background: `command` must exit with 0 and leave its process number in this file; then that process is watched. A path below the directory of the instance, or an absolute one.',
    examples: ['/run/shop/mail-relay.pid'],
    'x-expected': 'a path',
  },
  monitor_interval: {
    ...someSeconds,
    default: 10,
    description: 'Seconds between two looks at the process of a `pid_file`.',
  },
  stop_signal: {
    type: 'string',
    pattern: `^(?:SIG)?(?:${signalNames.join('|')})$`,
    default: 'TERM',
    description: 'What all processes of an instance get when it is to end.',
    examples: ['QUIT'],
    'x-expected': `one of ${signalNames.join(', ')}`,
  },
  stop_timeout: {
    ...seconds,
    default: 10,
    description: 'Seconds that an instance has to end; then whatever it started gets KILL.',
  },
  log_max_size: {
    type: ['integer', 'string'],
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: sizePattern,
    description:
      'How large one log may be. Of a run: 256M unless given; beyond that its beginning and its end are kept, and what is left out is counted. At least 1M; 0: any size. Of a service: 100M unless given; a log that has grown to this size is followed by a new one. At least 1K.',
    examples: ['20M'],
    'x-expected': 'a number of bytes, or a size such as 20M',
  },
  log_keep: { ...count, default: 5, description: 'How many logs each instance keeps.' },
} as const;
