import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggingOf } from '../../src/config/logging.ts';

type Written = Parameters<typeof loggingOf>[0];

const table: readonly [string, Written, ReturnType<typeof loggingOf>][] = [
  ['nothing', {}, { logging: { level: 'info', format: 'text', console: false }, unused: [] }],
  [
    'our form',
    { level: 'warn', format: 'json', syslog: {}, file: '/var/log/pc.log', console: true },
    {
      logging: {
        level: 'warn',
        format: 'json',
        syslog: { facility: 'daemon' },
        file: '/var/log/pc.log',
        console: true,
      },
      unused: [],
    },
  ],
  [
    'a Python form with syslog and a file',
    {
      version: 1,
      handlers: {
        log: { class: 'logging.handlers.SysLogHandler', address: '/dev/log', facility: 'local3', level: 'WARNING' },
        file: { class: 'logging.handlers.WatchedFileHandler', filename: '/var/log/pc.log', level: 'ERROR' },
      },
      root: { level: 'DEBUG', handlers: ['log', 'file'] },
    },
    {
      logging: {
        level: 'warn',
        format: 'text',
        console: false,
        syslog: { facility: 'local3' },
        file: '/var/log/pc.log',
      },
      unused: [],
    },
  ],
  [
    'a Python form with parts that mean nothing here',
    {
      version: 1,
      formatters: { short: { format: '%(message)s' } },
      filters: { noise: {} },
      handlers: {
        console: { class: 'logging.StreamHandler', stream: 'ext://sys.stdout', formatter: 'short' },
        file: { class: 'logging.handlers.RotatingFileHandler', filename: '/l', maxBytes: 5, backupCount: 2 },
        mail: { class: 'logging.handlers.SMTPHandler', mailhost: 'mx' },
        remote: { class: 'logging.handlers.SysLogHandler', address: ['log.example.org', 514] },
        odd: { class: 'logging.FileHandler', filename: 'relative.log' },
      },
      loggers: { a: { level: 'ERROR' }, b: { level: 'INFO' } },
    },
    {
      logging: { level: 'info', format: 'text', console: true, file: '/l', syslog: { facility: 'user' } },
      unused: [
        'formatters',
        'filters',
        'handlers.file.maxBytes',
        'handlers.file.backupCount',
        'handlers.mail',
        'handlers.remote.address',
        'handlers.odd',
      ],
    },
  ],
  [
    'a facility that syslog does not have',
    { version: 1, handlers: { log: { class: 'SysLogHandler', facility: 'solaris-cron' } } },
    { logging: { level: 'info', format: 'text', console: false }, unused: ['handlers.log'] },
  ],
  ['an empty Python form', { version: 1 }, { logging: { level: 'info', format: 'text', console: false }, unused: [] }],
];

for (const [what, written, expected] of table) {
  test(`logging: ${what}`, () => assert.deepEqual(loggingOf(written), expected));
}
