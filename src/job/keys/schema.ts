/**
 * The schema of a job file, from which types, defaults, validator, reference page and editor help
 * are derived.
 */
import type { FromSchema } from 'json-schema-to-ts';
import { durationPattern } from '../../text/duration.ts';
import { sizePattern } from '../../text/size.ts';
import { absolutePath, oneLine } from '../../yaml/schema.ts';
import { addressList, oneAddress } from '../mail-address.ts';
import { noticeKeys } from './notices.ts';
import { policyKeys } from './policy.ts';
import { poolKeys } from './pool-keys.ts';
import { serviceKeys } from './service-keys.ts';
import { timingKeys } from './timing.ts';

/** Any text without NUL, which can't be passed to a program. */
const environmentValue = '^[^\\u0000]*$';
/**
 * A pattern that allows line breaks, because the message of command.ts says what to do about them.
 */
const commandLine = '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]+$';

const commands = {
  type: ['string', 'array'],
  pattern: commandLine,
  items: {
    type: 'string',
    pattern: commandLine,
    'x-expected': 'a command line',
  },
  minItems: 1,
  'x-expected': 'a command line, or a list of command lines',
} as const;

const tags = {
  type: ['string', 'array'],
  pattern: oneLine(100),
  items: { type: 'string', pattern: oneLine(100), 'x-expected': 'a tag (one line of text)' },
  'x-expected': 'a tag (one line of text), or a list of tags',
} as const;

export const size = {
  type: ['integer', 'string'],
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  pattern: sizePattern,
  'x-expected': 'a number of bytes, or a size such as 512M or 2G',
} as const;

const count = {
  type: 'integer',
  minimum: 1,
  maximum: 2 ** 31,
  'x-expected': 'a whole number, 1 or more',
} as const;

/**
 * The names of variables that a caller may pass, also in the configuration for all jobs. The user's
 * identity and the variables of run-job and Node are never passed.
 */
export const passEnvironment = {
  type: 'array',
  items: {
    type: 'string',
    pattern: '^(?!PROCESS_CONTROL_|NODE_|(?:HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|__proto__)$)[A-Za-z_][A-Za-z0-9_]*$',
    'x-expected':
      'the name of a variable, but none that is fixed (HOME, USER, LOGNAME, SHELL, PWD) or starts with PROCESS_CONTROL_ or NODE_',
  },
  examples: [['SSH_AUTH_SOCK'], ['http_proxy', 'https_proxy', 'no_proxy']],
  'x-expected': 'a list of names of variables',
} as const;

/** The limits up to which logs are kept, also in the configuration for all jobs. */
export const logRetention = {
  days: {
    type: 'number',
    minimum: 0,
    maximum: 36_500,
    description: 'Age in days after which a log is removed, counted from its last write; 0 means no limit.',
    examples: [90],
    'x-expected': 'a number of days (0 for no limit)',
  },
  runs: {
    type: 'integer',
    minimum: 0,
    maximum: 2 ** 31,
    description: 'Number of logs to keep, the newest ones; 0 means no limit.',
    examples: [500],
    'x-expected': 'a whole number of runs (0 for no limit)',
  },
  bytes: {
    ...size,
    description:
      'Size that all logs of the job together may have: bytes, or a size such as `512M`. The oldest logs are removed first; 0 means no limit.',
    examples: ['512M'],
  },
} as const;

export const jobSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:process-control:job',
  title: 'process-control job',
  description:
    'One job of process-control. The file is NAME.yaml; run-job, the crontab and the logs call the job NAME.',
  type: 'object',
  required: ['name', 'command'],
  additionalProperties: false,
  'x-expected': 'lines of the form "key: value"',
  properties: {
    name: {
      type: 'string',
      pattern: oneLine(200),
      description: 'Name for people, shown in listings and mails.',
      examples: ['Nightly database dump'],
      'x-expected': 'one line of text, at most 200 characters',
    },
    description: {
      type: 'string',
      pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$',
      description: 'Purpose of the job, for the people who read it when the job fails at night.',
      examples: ['Dumps the donations database for the off-site copy.'],
      'x-expected': 'text',
    },
    command: {
      ...commands,
      description:
        'Command line, or a list of command lines that run in order until one fails. Quotes and backslashes split it into words as in a POSIX shell, but no shell runs it: `|`, `>`, `&&`, `*` and `$NAME` have no meaning. If you need them, write `sh -c "…"`.',
      examples: [
        '/usr/local/bin/dump --all',
        ['/usr/local/bin/dump --all', '/usr/bin/rsync -a /srv/dumps/ offsite:dumps/'],
      ],
    },
    slow_start_command: {
      ...commands,
      description: 'Command that `run-job --slow-start NAME` runs instead of `command`.',
      examples: ['/usr/local/bin/consume --rate 10'],
    },
    schedule: {
      type: 'string',
      // schedule/expression.ts has better messages about the terms.
      pattern: '^[\\s\\S]{1,500}$',
      description:
        'Times at which cron starts the job: minute, hour, day of month, month, day of week; or `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` or `@hourly`, which stand for five terms; or `@reboot`, once after each boot. Write it in quotes, because YAML gives a leading `*` or `@` another meaning. Only people and other jobs start a job without a schedule.',
      examples: ['*/5 * * * *', '30 2 * * 1-5', '@daily'],
      'x-expected': 'five terms in quotes, such as "30 2 * * *"',
    },
    disabled: {
      type: 'boolean',
      default: false,
      description: '`true`: cron does not start the job. People can still run it.',
    },
    ...timingKeys,
    ...poolKeys,
    timeout: {
      type: ['number', 'string'],
      minimum: 0,
      maximum: 5_256_000,
      pattern: durationPattern,
      default: 0,
      description:
        'Time after which run-job ends the job, for the whole list of commands: minutes (fractions too), or a duration such as `90s` or `2h30m`; 0 means no limit.',
      examples: [10, 0.5, '90s', '2h30m'],
      'x-expected': 'a number of minutes (0 for no limit), or a duration such as 90s or 2h30m',
    },
    kill_grace: {
      type: 'string',
      pattern: durationPattern,
      default: '10s',
      description: 'Time that a job has to clean up when run-job ends it, from the signal TERM until KILL.',
      examples: ['30s'],
      'x-expected': 'a duration with its unit, such as 10s or 2m',
    },
    environment: {
      type: 'object',
      description:
        'Variables added to the fixed environment of a job: HOME, USER, LOGNAME, SHELL=/bin/sh, PWD, PATH (`path` of the configuration), LANG and LC_* (from /etc/default/locale, else from /etc/locale.conf), TRACEPARENT (W3C Trace Context, made from the id of the run). You can replace all of them but the id of the run. The job gets each value as it is written in the file: `010` stays `010`, `yes` stays `yes`.',
      examples: [{ PGHOST: 'db1.example.org', BATCH: '010' }],
      'x-expected': 'variables, one "NAME: value" a line',
      propertyNames: {
        pattern: '^(?!PROCESS_CONTROL_|__proto__$)[A-Za-z_][A-Za-z0-9_]*$',
        'x-expected': 'letters, digits and _, not starting with a digit or with PROCESS_CONTROL_',
      },
      additionalProperties: {
        type: ['string', 'number', 'boolean', 'null'],
        pattern: environmentValue,
        'x-as-written': true,
        'x-expected': 'text',
      },
    },
    pass_environment: {
      ...passEnvironment,
      default: [],
      description:
        'Variables that the job gets from its caller: a shell, cron, another job. It gets no others, so a job that works by hand works in cron too.',
    },
    tag: {
      ...tags,
      description: 'Tag, or a list of tags. Commands with `--tag` list, pause and start all jobs that have it.',
      examples: ['database', ['database', 'nightly']],
    },
    tags: { ...tags, description: 'Another name of `tag`.', examples: [['database', 'nightly']] },
    allow_overtime: {
      type: 'boolean',
      default: false,
      description:
        '`true`: failmail and `last status` do not count a run that is skipped because the job is still running; without it they do. `state` never counts it.',
    },
    failmail: {
      type: 'object',
      description: 'Mail for each failure.',
      required: ['to_address'],
      additionalProperties: false,
      'x-expected': 'a mapping with "to_address", and "from_address" if you like',
      properties: {
        from_address: {
          type: 'string',
          pattern: oneAddress,
          description: 'Sender; without it the service user at this host.',
          examples: ['Fail Mail <jobs@example.org>'],
          'x-expected': 'one mail address such as ops@example.org or Ops <ops@example.org>',
        },
        to_address: {
          type: 'string',
          pattern: addressList,
          description: 'Recipient, or several, separated by commas.',
          examples: ['ops@example.org'],
          'x-expected': 'a mail address such as ops@example.org, or several with commas between them',
        },
      },
    },
    failure_threshold_for_mail: {
      ...count,
      default: 1,
      description: 'Failures in a row at which failmail starts; from then on each failure sends a mail.',
      examples: [3],
    },
    ...noticeKeys,
    ...policyKeys,
    ...serviceKeys,
    leftovers: {
      type: 'string',
      enum: ['kill', 'allow', 'fail'],
      default: 'kill',
      description:
        'What run-job does with background processes that remain when the command has ended: `kill` ends them, `allow` keeps them (their further output goes to a `.remaining.log` beside the log), `fail` ends them and the run has failed.',
    },
    working_directory: {
      type: 'string',
      pattern: absolutePath,
      description: 'Directory in which the command starts; without it the home of the service user.',
      examples: ['/srv/app'],
      'x-expected': 'an absolute path',
    },
    umask: {
      type: ['string', 'integer'],
      pattern: '^(?:0o?)?[0-7]{1,3}$',
      minimum: 0,
      maximum: 777,
      default: '022',
      'x-as-written': true,
      description: 'Permissions that new files do not get, in octal as in a shell.',
      examples: ['027'],
      'x-expected': 'an octal umask such as 022',
    },
    nice: {
      type: 'integer',
      minimum: -20,
      maximum: 19,
      description:
        'Niceness: how much the job yields the processor to other processes, from 0 (not at all) to 19 (most). Only root may go below 0.',
      examples: [10],
      'x-expected': 'a whole number from -20 to 19',
    },
    no_new_privileges: {
      type: 'boolean',
      default: false,
      description:
        '`true`: no program that the job starts can gain rights through set-uid bits (PR_SET_NO_NEW_PRIVS, set by setpriv(1)). sudo, su and set-gid programs such as postdrop then fail. Without setpriv on the host the job is not started.',
    },
    private_tmp: {
      type: 'boolean',
      default: false,
      description:
        '`true`: the job has its own /tmp and /var/tmp. They are empty when each command starts, vanish with the last process of the job, and hold at most 1G each, in memory. Other users and other jobs do not see the files. This is no sandbox: a process of the same user can still look into the job.\n\nThey are made by a user namespace (unshare(1)), in which the job has no capabilities: sudo, su and set-gid programs such as postdrop fail. Files of other users and groups seem to belong to `nobody`, although the groups of the service user still open them. Programs that insist on a file of root may fail; a run-job that the job starts refuses its configuration (exit code 78). Sockets in the /tmp of the host are not visible.\n\nIf the kernel does not allow it, the job is not started (exit code 125), and the message says what refused it. Neither `working_directory` nor the program can be in /tmp or /var/tmp. The `command` of a health check gets its own two directories, not those of its instance.',
    },
    limits: {
      type: 'object',
      description: 'Kernel limits for each process of the job, as prlimit(1) sets them.',
      additionalProperties: false,
      'x-expected': 'a mapping of limits',
      properties: {
        nofile: { ...count, description: 'Number of open files.', examples: [4096] },
        file_size: {
          ...size,
          description: 'Size of the largest file that a process may write: bytes, or a size such as `512M`.',
          examples: ['10G'],
        },
        cpu: {
          type: ['integer', 'string'],
          minimum: 1,
          maximum: 2 ** 31,
          pattern: durationPattern,
          description: 'Processor time: seconds, or a duration such as `2h`.',
          examples: ['1h'],
          'x-expected': 'a number of seconds, or a duration such as 90s or 2h',
        },
        processes: {
          ...count,
          description: 'Number of processes of the service user, of all jobs together.',
          examples: [500],
        },
        address_space: {
          ...size,
          description: 'Memory that a process may map: bytes, or a size such as `2G`.',
          examples: ['2G'],
        },
      },
    },
    log_retention: {
      type: 'object',
      description:
        'Limits for the logs of the job that are kept. Each key replaces the same key of the configuration. The newest log and the log of a run under way are always kept.',
      additionalProperties: false,
      examples: [{ days: 400 }],
      'x-expected': 'a mapping of "days", "runs" and "bytes"',
      properties: logRetention,
    },
  },
} as const;

/**
 * The keys of a job file, or of `default_job_config`, as they are written; any of them may be
 * missing.
 */
export type WrittenJob = Partial<FromSchema<typeof jobSchema, { keepDefaultedPropertiesOptional: true }>>;
