/** The keys of a job file that say who hears of it: channels, and after how many failures or skips. */
import { absolutePath, oneLine } from '../yaml/schema.ts';

const url = {
  type: 'string',
  pattern: '^https?://[\\u0021-\\u007e]{1,2000}$',
  'x-expected': 'an address that starts with https:// or http://',
} as const;

const secretFile = { type: 'string', pattern: absolutePath, 'x-expected': 'an absolute path' } as const;

const count = { type: 'integer', minimum: 1, maximum: 1_000_000, 'x-expected': 'a whole number, 1 or more' } as const;

const occasions = ['failure', 'recovery', 'success', 'skipped', 'warning'] as const;

export const noticeKeys = {
  notify: {
    type: 'array',
    description:
      'Who hears of the job, over which channel. Failures in a row are one incident: it is told once when it opens (see `notify_after`) and once when it is over; `on` asks for more or less.',
    examples: [[{ mail: 'ops@example.org' }, { ping: 'https://hc-ping.example.org/4f6e' }]],
    'x-expected': 'a list of channels, such as [{mail: ops@example.org}]',
    items: {
      type: 'object',
      additionalProperties: false,
      'x-expected': 'a mapping with one of "mail", "webhook", "ping" and "command"',
      properties: {
        mail: {
          type: 'string',
          pattern: `^(?!-)${oneLine(500).slice(1)}`,
          description: 'Mail to this address, or to several with commas between them.',
          examples: ['ops@example.org'],
          'x-expected': 'a mail address, or several with commas between them',
        },
        webhook: {
          ...url,
          description: 'POST a JSON object, whose `text` Slack and its like show.',
          examples: ['https://chat.example.org/hooks/4f6e'],
        },
        ping: {
          ...url,
          description: 'A check in the manner of healthchecks: start, success, fail and exit status of each run.',
          examples: ['https://hc-ping.example.org/4f6e'],
        },
        command: {
          type: 'string',
          pattern: '^[^\\u0000-\\u001f\\u007f]+$',
          description: 'A command line, split like `command` of the job; the message is its standard input.',
          examples: ['/usr/local/bin/page-on-call'],
          'x-expected': 'a command line',
        },
        url_file: {
          ...secretFile,
          description:
            'File whose first line is the address of a webhook or ping, when it is secret: `webhook: file`, `ping: file` are written as `url_file` with `kind`.',
        },
        kind: { type: 'string', enum: ['webhook', 'ping'], description: 'What the address in `url_file` is.' },
        password_file: {
          ...secretFile,
          description: 'File whose first line is sent as a bearer token with a webhook or ping.',
        },
        on: {
          type: 'array',
          minItems: 1,
          items: { type: 'string', enum: occasions, 'x-expected': 'failure, recovery, success, skipped or warning' },
          description: 'What this channel hears of; `[failure, recovery]` unless given.',
          examples: [['failure', 'recovery', 'warning']],
          'x-expected': 'a list out of failure, recovery, success, skipped, warning',
        },
      },
    },
  },
  notify_after: { ...count, default: 1, description: 'How many failures in a row make an incident.', examples: [3] },
  skip_threshold: { ...count, description: 'So many skipped runs in a row make a warning.', examples: [5] },
} as const;

export type Occasion = (typeof occasions)[number];
