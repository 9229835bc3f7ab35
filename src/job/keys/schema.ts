/** The job file, defined once: types, defaults, validator, reference page and editor help are all derived from this schema. */
import type { FromSchema } from 'json-schema-to-ts';
import { durationPattern } from '../../text/duration.ts';
import { sizePattern } from '../../text/size.ts';
import { absolutePath, oneLine } from '../../yaml/schema.ts';
import { addressList, oneAddress } from '../mail-address.ts';
import { noticeKeys } from './notices.ts';
import { policyKeys } from './policy.ts';
import { serviceKeys } from './service-keys.ts';
import { timingKeys } from './timing.ts';

/** Everything but NUL, which no program can be given. */
const environmentValue = '^[^\\u0000]*$';
/** Line breaks are left to command.ts, whose sentence says what to do about them. */
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

/** Also in the configuration, where it holds for all jobs. Who the job is, and what is ours or Node's, comes from no caller. */
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

/** Also in the configuration, where it holds for all jobs. */
export const logRetention = {
  days: {
    type: 'number',
    minimum: 0,
    maximum: 36_500,
    description: 'Logs that were last written longer ago are removed; fractions too, 0 means no limit.',
    examples: [90],
    'x-expected': 'a number of days (0 for no limit)',
  },
  runs: {
    type: 'integer',
    minimum: 0,
    maximum: 2 ** 31,
    description: 'Number of logs that are kept, the newest ones; 0 means no limit.',
    examples: [500],
    'x-expected': 'a whole number of runs (0 for no limit)',
  },
  bytes: {
    ...size,
    description: 'What the logs of the job may take, bytes or `512M`; the oldest are removed first; 0 means no limit.',
    examples: ['512M'],
  },
} as const;

export const jobSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:process-control:job',
  title: 'process-control job',
  description:
    'One job of process-control. The file is named NAME.yaml; NAME is what run-job, the crontab and the logs call the job.',
  type: 'object',
  required: ['name', 'command'],
  additionalProperties: false,
  'x-expected': 'lines of the form "key: value"',
  properties: {
    name: {
      type: 'string',
      pattern: oneLine(200),
      description: 'What people call the job. It stands in listings and mails.',
      examples: ['Nightly database dump'],
      'x-expected': 'one line of text, at most 200 characters',
    },
    description: {
      type: 'string',
      pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$',
      description: 'What the job is for: people read it when the job fails at night.',
      examples: ['Dumps the donations database for the off-site copy.'],
      'x-expected': 'text',
    },
    command: {
      ...commands,
      description:
        'The command line, or a list of them that is run in order and stops at the first failure. It is split into words as a POSIX shell would read its quotes and backslashes, but no shell runs it: there is no `|`, `>`, `&&`, `*` or `$NAME`. Where you need those, write `sh -c "…"`.',
      examples: [
        '/usr/local/bin/dump --all',
        ['/usr/local/bin/dump --all', '/usr/bin/rsync -a /srv/dumps/ offsite:dumps/'],
      ],
    },
    slow_start_command: {
      ...commands,
      description: 'What `run-job --slow-start NAME` runs instead of `command`.',
      examples: ['/usr/local/bin/consume --rate 10'],
    },
    schedule: {
      type: 'string',
      // What is wrong with its terms, schedule/expression.ts says better.
      pattern: '^[\\s\\S]{1,500}$',
      description:
        'When cron starts the job: minute, hour, day of month, month, day of week; or `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`, which stand for five terms; or `@reboot`, once after each boot. Always in quotes, since YAML gives a leading `*` or `@` another meaning. A job without a schedule is run by people or by other jobs.',
      examples: ['*/5 * * * *', '30 2 * * 1-5', '@daily'],
      'x-expected': 'five terms in quotes, such as "30 2 * * *"',
    },
    disabled: {
      type: 'boolean',
      default: false,
      description: '`true` keeps the job out of the crontab. It can still be run by hand.',
    },
    ...timingKeys,
    timeout: {
      type: ['number', 'string'],
      minimum: 0,
      maximum: 5_256_000,
      pattern: durationPattern,
      default: 0,
      description:
        'Minutes (fractions too) that the whole list of commands may take before the job is ended, or a duration such as `90s` or `2h30m`; 0 means no limit.',
      examples: [10, 0.5, '90s', '2h30m'],
      'x-expected': 'a number of minutes (0 for no limit), or a duration such as 90s or 2h30m',
    },
    kill_grace: {
      type: 'string',
      pattern: durationPattern,
      default: '10s',
      description:
        'How long a job that is being ended may take to clean up, from the signal TERM until KILL. A duration: `10s`, `2m`.',
      examples: ['30s'],
      'x-expected': 'a duration with its unit, such as 10s or 2m',
    },
    environment: {
      type: 'object',
      description:
        'Variables added to the fixed environment of a job: HOME, USER, LOGNAME, SHELL=/bin/sh, PWD, PATH (`path` of the configuration), LANG and LC_* (of /etc/default/locale, else of /etc/locale.conf). All of them but the id of the run can be replaced. Values are taken as they are written in the file: `010` stays `010`, `yes` stays `yes`.',
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
        'Variables that the job gets from the process that starts it: a shell, cron, another job. It gets no others, so that what works by hand works by the clock.',
    },
    tag: {
      ...tags,
      description: 'A tag, or a list of tags, by which jobs are listed, paused and shown together.',
      examples: ['database', ['database', 'nightly']],
    },
    tags: { ...tags, description: 'Another spelling of `tag`.', examples: [['database', 'nightly']] },
    allow_overtime: {
      type: 'boolean',
      default: false,
      description: '`true`: a run that is skipped because the job is still running does not count as a failure.',
    },
    failmail: {
      type: 'object',
      description: 'A mail for each failure.',
      required: ['to_address'],
      additionalProperties: false,
      'x-expected': 'a mapping with "to_address", and "from_address" if you like',
      properties: {
        from_address: {
          type: 'string',
          pattern: oneAddress,
          description: 'Sender; the service user of this host unless given.',
          examples: ['Fail Mail <jobs@example.org>'],
          'x-expected': 'one mail address such as ops@example.org or Ops <ops@example.org>',
        },
        to_address: {
          type: 'string',
          pattern: addressList,
          description: 'Recipient, or several with commas between them.',
          examples: ['ops@example.org'],
          'x-expected': 'a mail address such as ops@example.org, or several with commas between them',
        },
      },
    },
    failure_threshold_for_mail: {
      ...count,
      default: 1,
      description: 'How many failures in a row it takes until failmail is sent; then each further failure sends one.',
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
        'What happens to background processes that remain when the command has ended: `kill` ends them, `allow` leaves them alone (what they print from then on is in a `.remaining.log` beside the log), `fail` ends them and counts the run as failed.',
    },
    working_directory: {
      type: 'string',
      pattern: absolutePath,
      description: 'Where the command starts; the home of the service user unless given.',
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
      description: 'Permissions that new files do not get, octal as in the shell.',
      examples: ['027'],
      'x-expected': 'an octal umask such as 022',
    },
    nice: {
      type: 'integer',
      minimum: -20,
      maximum: 19,
      description: 'How much the job gives way to others: 0 (not at all) to 19 (most). Below 0 only root may.',
      examples: [10],
      'x-expected': 'a whole number from -20 to 19',
    },
    no_new_privileges: {
      type: 'boolean',
      default: false,
      description:
        '`true`: no program that the job starts can gain rights, whatever set-uid bits it has (PR_SET_NO_NEW_PRIVS, by setpriv(1)). sudo, su and set-gid programs such as postdrop then fail. A host without setpriv does not start the job.',
    },
    private_tmp: {
      type: 'boolean',
      default: false,
      description:
        '`true`: the job has a /tmp and a /var/tmp of its own, empty when each command starts, which vanish with its last process. They are in memory, at most 1G each: an unbounded one could take half the memory of the host. A user namespace gives them (unshare(1)), in which the job has no capabilities; sudo, su and set-gid programs such as postdrop fail. Files of other users and groups seem to belong to nobody, although the groups of the service user still open them; a run-job that the job starts refuses its configuration for that (exit code 78), and so may other programs that insist on a file of root. Sockets that others keep in /tmp are not there. Where the kernel does not allow it, the job is not started (exit code 125), and the reason says what refuses it. Neither `working_directory` nor the program can be in /tmp or /var/tmp. A health check `command` gets its own, not those of its instance. It keeps other users and other jobs away from the files; it is no cage, because processes of the same user can look into each other.',
    },
    limits: {
      type: 'object',
      description: 'Limits of the kernel for each process of the job, as prlimit(1) sets them.',
      additionalProperties: false,
      'x-expected': 'a mapping of limits',
      properties: {
        nofile: { ...count, description: 'Open files.', examples: [4096] },
        file_size: { ...size, description: 'Largest file that may be written, bytes or `512M`.', examples: ['10G'] },
        cpu: {
          type: ['integer', 'string'],
          minimum: 1,
          maximum: 2 ** 31,
          pattern: durationPattern,
          description: 'Processor time, seconds or a duration such as `2h`.',
          examples: ['1h'],
          'x-expected': 'a number of seconds, or a duration such as 90s or 2h',
        },
        processes: { ...count, description: 'Processes of the service user, all jobs together.', examples: [500] },
        address_space: { ...size, description: 'Memory that a process may map, bytes or `2G`.', examples: ['2G'] },
      },
    },
    log_retention: {
      type: 'object',
      description:
        'Which logs of the job are kept. Each key replaces the same key of the configuration. The newest log, and that of a run under way, are always kept.',
      additionalProperties: false,
      examples: [{ days: 400 }],
      'x-expected': 'a mapping of "days", "runs" and "bytes"',
      properties: logRetention,
    },
  },
} as const;

/** The keys of a job file, or of `default_job_config`, as they are written; any of them may be missing. */
export type WrittenJob = Partial<FromSchema<typeof jobSchema, { keepDefaultedPropertiesOptional: true }>>;
