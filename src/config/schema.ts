/**
 * The schema of the configuration, from which types, defaults, validator, reference page and editor
 * help are derived.
 */
import type { FromSchema } from 'json-schema-to-ts';
import { jobSchema, logRetention, passEnvironment, size } from '../job/keys/schema.ts';
import { absolutePath, oneLine } from '../yaml/schema.ts';
import { fleet } from './fleet-schema.ts';
import { web } from './web-schema.ts';

const directory = { type: 'string', pattern: absolutePath, 'x-expected': 'an absolute path' } as const;

const userName = {
  type: ['string', 'integer'],
  minimum: 0,
  maximum: 2 ** 32 - 2,
  pattern: '^[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,255}\\$?$',
  'x-expected': 'the name of a user, or a uid',
} as const;

/** The keys of a Python `logging.config.dictConfig`, which config/logging.ts translates. */
const pythonLogging = {
  version: {
    type: 'integer',
    description: 'Marks a Python dictConfig, as the predecessor used it.',
    'x-expected': '1',
  },
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
  description: 'Settings for all jobs of this host: /etc/process-control.yaml, then /etc/process-control.d/*.yaml.',
  type: 'object',
  additionalProperties: false,
  'x-expected': 'lines of the form "key: value"',
  properties: {
    cron_template: {
      type: 'string',
      pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$',
      default: '# Generated from {source}\n{schedule} {user} {command}\n',
      description:
        'Text that cron-generate writes for a job. `{schedule}`, `{user}` and `{command}` form the line, `{source}` is the job file, `{slug}` the name of the job, and `{name}` (in comment lines only) its name for people. `{{` and `}}` are literal braces.',
      'x-expected': 'text with {schedule}, {user} and {command}',
    },
    runner_path: {
      ...directory,
      default: '/usr/bin/run-job',
      description: 'Path of the run-job that the crontab calls.',
    },
    user: {
      ...userName,
      default: 'process-control',
      description: 'Service user: all jobs run as this user, no matter who starts them. A name or a uid.',
      examples: ['process-control', 'jenkins'],
    },
    default_job_config: {
      type: 'object',
      description:
        'Keys for jobs that do not have them. The job file wins, key by key at the top level; a mapping in it (such as failmail) replaces the whole mapping given here.',
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
        'PATH of the jobs and of the crontab. A run and `run-job --rehearse` look up programs in it. A job that needs another PATH sets it in its `environment`.',
      examples: ['/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'],
      'x-expected': 'absolute directories with ":" between them, at most 800 characters',
    },
    pass_environment: {
      ...passEnvironment,
      default: [],
      description:
        'Variables that every job gets from its caller, added to those that the job file lists under the same key. cron does not have the variables of a person: a job that relies on one fails when cron starts it.',
    },
    job_directory: {
      ...directory,
      default: '/var/lib/process-control',
      description: 'Directory of the job files. A user who can write to it decides what the service user runs.',
    },
    output_crontab: {
      type: 'string',
      pattern: `^(?:console|${absolutePath.slice(1, -1)})$`,
      default: '/etc/cron.d/process-control',
      description: 'Crontab that cron-generate writes; `console` prints it instead.',
      'x-expected': 'an absolute path, or console',
    },
    output_directory: {
      ...directory,
      default: '/var/log/process-control',
      description:
        'Directory of the logs, with a directory for each job. `jobctl logs`, `jobctl failed` and notices read logs only here: if you change this key, move the logs too.',
    },
    run_directory: {
      ...directory,
      default: '/run/process-control',
      description:
        'Directory of the locks. It must belong to the service user, and only the service user may write to it.',
    },
    state_directory: {
      ...directory,
      default: '/var/lib/process-control-state',
      description: 'Directory of histories, pauses, ticks, unsent notices and the desired state of services.',
    },
    logging: {
      type: 'object',
      description:
        'Log of the programs themselves; the output of jobs goes to `output_directory`. Of a Python dictConfig the programs use what they can; a warning names the rest.',
      additionalProperties: false,
      examples: [{ level: 'info', syslog: { facility: 'daemon' } }],
      'x-expected': 'a mapping',
      properties: {
        level: {
          type: 'string',
          enum: ['debug', 'info', 'warn', 'error'],
          default: 'info',
          description: 'Lowest level of the messages that are logged.',
        },
        format: {
          type: 'string',
          enum: ['text', 'json'],
          default: 'text',
          description: 'Format of `file` and `console`.',
        },
        syslog: {
          type: 'object',
          description: 'Writes the log to syslog.',
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
              description: 'Facility of the messages.',
              'x-expected': 'a syslog facility such as daemon, cron or local0',
            },
          },
        },
        file: { ...directory, description: 'Writes the log to this file.' },
        console: { type: 'boolean', default: false, description: '`true`: writes the log to standard error.' },
        ...pythonLogging,
      },
    },
    log_retention: {
      type: 'object',
      description:
        'Limits for the logs of each job that are kept; without it, all of them. A job file can say otherwise for its job. The newest log of a job and the log of a run under way are always kept. Once an hour a run that ends removes old logs.',
      additionalProperties: false,
      examples: [{ days: 90, total_bytes: '20G', compress_after: 7 }],
      'x-expected': 'a mapping such as {days: 90}',
      properties: {
        ...logRetention,
        total_bytes: {
          ...size,
          description:
            'Size that the logs of all jobs together may have: bytes, or a size such as `20G`. The oldest are removed first, whatever their job file says; 0 means no limit.',
          examples: ['20G'],
        },
        compress_after: {
          type: 'number',
          minimum: 0,
          maximum: 36_500,
          description:
            'Age in days after which a log is compressed with gzip, counted from its last write; 0 means never. `jobctl logs` shows compressed logs too.',
          examples: [7],
          'x-expected': 'a number of days (0 for never)',
        },
      },
    },
    history: {
      type: 'object',
      description: 'How much of the history of each job is kept, run by run.',
      additionalProperties: false,
      examples: [{ bytes: '2M' }],
      'x-expected': 'a mapping such as {bytes: 512K}',
      properties: {
        bytes: {
          ...size,
          description:
            'Size at which a history file is put aside, from `64K` to `16M`; the one before it goes then, so up to twice as much is kept. `512K`, which is the default, is about 1,000 runs. Of what goes, a line for each day stays: `jobctl history --days`.',
          examples: ['2M'],
        },
      },
    },
    on_invalid_job: {
      type: 'string',
      enum: ['keep', 'abort'],
      default: 'keep',
      description:
        'What cron-generate does if a job file has problems: `keep` keeps the last good line of that job and writes all other lines, `abort` writes nothing.',
    },
    port_range: {
      type: 'string',
      pattern: '^[1-9]\\d{0,4}-[1-9]\\d{0,4}$',
      default: '31000-32000',
      description:
        'First and last number of the `ports` of services. The kernel gives ports from 32768 on to any program.',
      examples: ['20000-20999'],
      'x-expected': 'two port numbers with "-" between them, such as 31000-32000',
    },
    trust: {
      type: 'string',
      enum: ['strict', 'warn'],
      default: 'warn',
      description:
        'What happens with a job file or job directory that a group can write, or whose owner is not in `trusted_owners`: `strict` makes it an error (the job keeps its last good line and does not run), `warn` uses it with a warning. One that everybody can write is never used.',
    },
    trusted_owners: {
      type: 'array',
      items: userName,
      default: ['root'],
      description: 'Users who may own job files and the job directory; see `trust`.',
      examples: [['root', 'deploy']],
      'x-expected': 'a list of user names',
    },
    kubernetes_template: {
      ...directory,
      description:
        'File with what a cluster wants of every pod (image, namespace, resources): a CronJob and a Deployment, or one of them. Only `cron-generate --target kubernetes` reads it, and lays the jobs over it.',
      examples: ['/etc/process-control-kubernetes.yaml'],
    },
    web,
    fleet,
    mail: {
      type: 'object',
      description:
        'Way in which mail leaves this host. Without it: sendmail if there is one, else SMTP to localhost, port 25.',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      'x-expected': 'either "sendmail" or "smtp"',
      properties: {
        sendmail: {
          ...directory,
          description: 'Program that reads a mail from its standard input and sends it.',
          examples: ['/usr/sbin/sendmail'],
        },
        smtp: {
          type: 'object',
          description: 'Mail server.',
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
              description: 'Port of the server; without it 465 with `secure`, 587 with a `user`, else 25.',
              'x-expected': 'a port, 1 to 65535',
            },
            secure: {
              type: 'boolean',
              default: false,
              description:
                '`true`: TLS from the first byte, with a certificate that this host trusts. Otherwise STARTTLS is used if the server offers it.',
            },
            user: {
              type: 'string',
              pattern: oneLine(255),
              description:
                'User name at the server. The password is sent only over TLS with a certificate that this host trusts, or to this host itself.',
              'x-expected': 'one line of text',
            },
            password_file: {
              ...directory,
              description:
                'File with the password in its first line. The service user must be able to read it, other users must not.',
            },
          },
        },
      },
    },
  },
} as const;

/** The keys of a configuration file as they are written. */
export type ConfigFile = FromSchema<typeof configSchema, { keepDefaultedPropertiesOptional: true }>;
