/** The global configuration, defined once: types, defaults, validator, reference page and editor help are derived from this schema. */
import type { FromSchema } from 'json-schema-to-ts';
import { jobSchema, logRetention, passEnvironment, size } from '../job/keys/schema.ts';
import { absolutePath, oneLine } from '../yaml/schema.ts';

const directory = { type: 'string', pattern: absolutePath, 'x-expected': 'an absolute path' } as const;

const userName = {
  type: ['string', 'integer'],
  minimum: 0,
  maximum: 2 ** 32 - 2,
  pattern: '^[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,255}\\$?$',
  'x-expected': 'the name of a user, or a uid',
} as const;

/** The keys of a Python `logging.config.dictConfig`; config/logging.ts says what becomes of them. */
const pythonLogging = {
  version: { type: 'integer', description: 'Marks a Python dictConfig, as a predecessor had it.', 'x-expected': '1' },
  formatters: { type: 'object', description: 'Python dictConfig; not used.' },
  filters: { type: 'object', description: 'Python dictConfig; not used.' },
  handlers: {
    type: 'object',
    description: 'Python dictConfig: SysLogHandler, StreamHandler and the file handlers are understood.',
    additionalProperties: { type: 'object', 'x-expected': 'a mapping with "class"' },
  },
  loggers: {
    type: 'object',
    description: 'Python dictConfig: their lowest level counts.',
    additionalProperties: { type: 'object', 'x-expected': 'a mapping with "level" and "handlers"' },
  },
  root: { type: 'object', description: 'Python dictConfig: its level counts.' },
  disable_existing_loggers: { type: 'boolean', description: 'Python dictConfig; not used.' },
  incremental: { type: 'boolean', description: 'Python dictConfig; not used.' },
} as const;

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:process-control:config',
  title: 'process-control configuration',
  description:
    'What holds for all jobs of this machine: /etc/process-control.yaml, then /etc/process-control.d/*.yaml.',
  type: 'object',
  additionalProperties: false,
  'x-expected': 'lines of the form "key: value"',
  properties: {
    cron_template: {
      type: 'string',
      pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$',
      default: '# Generated from {source}\n{schedule} {user} {command}\n',
      description:
        'What cron-generate writes for a job. `{source}` is the job file, `{schedule}`, `{user}` and `{command}` make the line, `{slug}` is the name of the job, `{name}` (in comment lines only) what people call it; `{{` and `}}` are literal braces.',
      'x-expected': 'text with {schedule}, {user} and {command}',
    },
    runner_path: {
      ...directory,
      default: '/usr/bin/run-job',
      description: 'The run-job that the crontab calls.',
    },
    user: {
      ...userName,
      default: 'process-control',
      description: 'The service user: jobs run as this user, no matter who starts them. A name or a uid.',
      examples: ['process-control', 'jenkins'],
    },
    default_job_config: {
      type: 'object',
      description:
        'Keys for jobs that do not have them. They are merged key by key at the top level; the job file wins, and a mapping in it (such as failmail) replaces the one here as a whole.',
      examples: [{ timeout: 60, failmail: { to_address: 'ops@example.org' } }],
      additionalProperties: false,
      properties: jobSchema.properties,
      'x-expected': 'keys of a job file',
    },
    path: {
      type: 'string',
      pattern: '^(?=.{1,800}$)/[A-Za-z0-9_./@+~,=-]*(?::/[A-Za-z0-9_./@+~,=-]*)*$',
      default: '/usr/bin:/bin:/usr/sbin:/sbin',
      description:
        'PATH of the jobs and of the crontab. `--rehearse` looks programs up by it as a run does. A job that needs another one sets PATH in its `environment`.',
      examples: ['/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'],
      'x-expected': 'absolute directories with ":" between them, at most 800 characters',
    },
    pass_environment: {
      ...passEnvironment,
      default: [],
      description:
        'Variables that every job gets from the process that starts it, added to what the job files list under the same key. What a person has set, cron has not: a job that relies on such a variable fails by the clock.',
    },
    job_directory: {
      ...directory,
      default: '/var/lib/process-control',
      description: 'Where the job files are. Users who can write here decide what the service user runs.',
    },
    output_crontab: {
      type: 'string',
      pattern: `^(?:console|${absolutePath.slice(1, -1)})$`,
      default: '/etc/cron.d/process-control',
      description: 'The crontab that cron-generate writes; `console` prints it instead.',
      'x-expected': 'an absolute path, or console',
    },
    output_directory: {
      ...directory,
      default: '/var/log/process-control',
      description:
        'Logs of the runs, in a directory for each job. `jobctl logs`, `jobctl failed` and notices read nowhere else: when this changes, move the logs along.',
    },
    run_directory: {
      ...directory,
      default: '/run/process-control',
      description: 'Locks. It must belong to the service user, and only the service user may write to it.',
    },
    state_directory: {
      ...directory,
      default: '/var/lib/process-control-state',
      description: 'History of the runs, and what people asked for (pauses).',
    },
    logging: {
      type: 'object',
      description:
        "The programs' own log; the output of jobs goes to `output_directory`. A Python dictConfig is understood as far as it can be, and the rest of it is named in a warning.",
      additionalProperties: false,
      examples: [{ level: 'info', syslog: { facility: 'daemon' } }],
      'x-expected': 'a mapping',
      properties: {
        level: {
          type: 'string',
          enum: ['debug', 'info', 'warn', 'error'],
          default: 'info',
          description: 'The least important messages that are still logged.',
        },
        format: {
          type: 'string',
          enum: ['text', 'json'],
          default: 'text',
          description: 'How file and console are written.',
        },
        syslog: {
          type: 'object',
          description: 'Log to syslog.',
          additionalProperties: false,
          'x-expected': 'a mapping with "facility"',
          properties: {
            facility: {
              type: 'string',
              enum: [
                ...[
                  'auth',
                  'authpriv',
                  'cron',
                  'daemon',
                  'ftp',
                  'kern',
                  'lpr',
                  'mail',
                  'news',
                  'syslog',
                  'user',
                  'uucp',
                ],
                ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
              ],
              default: 'daemon',
              description: 'The facility of the messages.',
              'x-expected': 'a syslog facility such as daemon, cron or local0',
            },
          },
        },
        file: { ...directory, description: 'Log to this file.' },
        console: { type: 'boolean', default: false, description: 'Log to standard error.' },
        ...pythonLogging,
      },
    },
    log_retention: {
      type: 'object',
      description:
        'Which logs are kept, for each job that does not say otherwise; without it, all. The newest log of a job, and that of a run under way, are always kept. Old logs are removed by runs that end, once an hour.',
      additionalProperties: false,
      examples: [{ days: 90, total_bytes: '20G', compress_after: 7 }],
      'x-expected': 'a mapping such as {days: 90}',
      properties: {
        ...logRetention,
        total_bytes: {
          ...size,
          description:
            'What the logs of all jobs together may take, bytes or `20G`; the oldest are removed first, whatever their job says; 0 means no limit.',
          examples: ['20G'],
        },
        compress_after: {
          type: 'number',
          minimum: 0,
          maximum: 36_500,
          description:
            'Logs that were last written so many days ago are compressed with gzip; `jobctl logs` shows them all the same. 0 means never.',
          examples: [7],
          'x-expected': 'a number of days (0 for never)',
        },
      },
    },
    on_invalid_job: {
      type: 'string',
      enum: ['keep', 'abort'],
      default: 'keep',
      description:
        'What cron-generate does when a job file has problems: `keep` leaves the last good line of that job and writes all others, `abort` writes nothing.',
    },
    port_range: {
      type: 'string',
      pattern: '^[1-9]\\d{0,4}-[1-9]\\d{0,4}$',
      default: '31000-32000',
      description:
        'Where the `ports` of services come from, first and last number. The kernel gives those from 32768 on to anybody.',
      examples: ['20000-20999'],
      'x-expected': 'two port numbers with "-" between them, such as 31000-32000',
    },
    trust: {
      type: 'string',
      enum: ['strict', 'warn'],
      default: 'warn',
      description:
        'What becomes of a job file that a group can write or whose owner is not in `trusted_owners`, and of a job directory like that: `strict` makes it an error, so that the job keeps its last good line and does not run; `warn` uses it with a warning. What everybody can write is never used.',
    },
    trusted_owners: {
      type: 'array',
      items: userName,
      default: ['root'],
      description: 'Who may own job files and the job directory; see `trust`.',
      examples: [['root', 'deploy']],
      'x-expected': 'a list of user names',
    },
    mail: {
      type: 'object',
      description: 'How mail leaves this host. Without it: sendmail if there is one, else SMTP to localhost, port 25.',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      'x-expected': 'either "sendmail" or "smtp"',
      properties: {
        sendmail: {
          ...directory,
          description: 'The program that takes a mail on its standard input.',
          examples: ['/usr/sbin/sendmail'],
        },
        smtp: {
          type: 'object',
          description: 'A mail server.',
          additionalProperties: false,
          required: ['host'],
          'x-expected': 'a mapping with "host"',
          properties: {
            host: {
              type: 'string',
              pattern: '^[A-Za-z0-9.:_-]{1,255}$',
              description: 'Name or address of the server.',
              examples: ['mail.example.org'],
              'x-expected': 'the name or address of a host',
            },
            port: {
              type: 'integer',
              minimum: 1,
              maximum: 65_535,
              description: 'Port of the server; without it 465 with "secure", 587 with a "user", else 25.',
              'x-expected': 'a port, 1 to 65535',
            },
            secure: {
              type: 'boolean',
              default: false,
              description:
                'TLS from the first byte, with a certificate that this machine trusts. Without it STARTTLS is used where it is offered.',
            },
            user: {
              type: 'string',
              pattern: oneLine(255),
              description:
                'User name for the server. The password is given only under TLS with a certificate that this machine trusts, or to this machine itself.',
              'x-expected': 'one line of text',
            },
            password_file: {
              ...directory,
              description:
                'File with the password in its first line; the service user must be able to read it, and others not.',
            },
          },
        },
      },
    },
  },
} as const;

/** What is written in one configuration file. */
export type ConfigFile = FromSchema<typeof configSchema, { keepDefaultedPropertiesOptional: true }>;
