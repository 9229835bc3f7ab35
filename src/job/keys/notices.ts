/**
 * The keys of a job file for notices: channels, the occasions of each channel, and the thresholds.
 */

import { defined } from '../../text/defined.ts';
import { absolutePath, type WrittenKeys } from '../../yaml/schema.ts';
import { splitCommand } from '../command.ts';
import { addressList } from '../mail-address.ts';
import { errorAt, type ValueProblem, warningAt } from '../value-problem.ts';

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
    maxItems: 20,
    description:
      'Channels to which notices about the job are sent. Failures in a row are one incident: one notice when it opens (see `notify_after`), one when it is over. `on` selects other occasions.',
    examples: [[{ mail: 'ops@example.org' }, { ping: 'https://hc-ping.example.org/4f6e' }]],
    'x-expected': 'a list of at most 20 channels, such as [{mail: ops@example.org}]',
    items: {
      type: 'object',
      additionalProperties: false,
      'x-expected': 'a mapping with one of "mail", "webhook", "ping", "command" and "url_file"',
      properties: {
        mail: {
          type: 'string',
          pattern: addressList,
          description: 'Mail address, or several, separated by commas.',
          examples: ['ops@example.org'],
          'x-expected': 'a mail address such as ops@example.org, or several with commas between them',
        },
        webhook: {
          ...url,
          description: 'URL to which a JSON object is sent by POST. Slack and similar services show its `text`.',
          examples: ['https://chat.example.org/hooks/4f6e'],
        },
        ping: {
          ...url,
          description:
            'URL of a check at healthchecks or a compatible service. It gets the start and the end of each run, with exit code and the last lines of output; with `on` only the occasions listed there.',
          examples: ['https://hc-ping.example.org/4f6e'],
        },
        command: {
          type: 'string',
          pattern: '^[^\\u0000-\\u001f\\u007f]+$',
          description:
            'Command line, split like the `command` of the job and run as the service user. It gets the JSON object of a webhook on its standard input, and the most important values in variables PROCESS_CONTROL_NOTICE_….',
          examples: ['/usr/local/bin/page-on-call'],
          'x-expected': 'a command line',
        },
        url_file: {
          ...secretFile,
          description:
            'File whose first line is the URL, instead of `webhook` or `ping`, for a secret URL. The service user must be able to read the file, other users must not.',
          examples: ['/etc/process-control/chat-url'],
        },
        kind: {
          type: 'string',
          enum: ['webhook', 'ping'],
          description: 'With `url_file`: the kind of its URL.',
          'x-expected': 'webhook or ping',
        },
        password_file: {
          ...secretFile,
          description: 'With a webhook or ping: file whose first line is sent as a bearer token.',
          examples: ['/etc/process-control/chat-token'],
        },
        on: {
          type: 'array',
          minItems: 1,
          items: { type: 'string', enum: occasions, 'x-expected': 'failure, recovery, success, skipped or warning' },
          description:
            'Occasions for which this channel gets a notice: `failure` (an incident opens, or failures pause the job), `recovery` (the incident is over), `success` (each), `skipped` (each), `warning` (of a run, missed ticks, `skip_threshold`). Without it `[failure, recovery]`.',
          examples: [['failure', 'recovery', 'warning']],
          'x-expected': 'a list out of failure, recovery, success, skipped, warning',
        },
      },
    },
  },
  notify_after: {
    ...count,
    default: 1,
    description: 'Failures in a row that open an incident.',
    examples: [3],
  },
  skip_threshold: {
    ...count,
    description:
      'Skipped runs in a row after which a warning is sent; the next warning comes only after the job has run again.',
    examples: [5],
  },
} as const;

export type Occasion = (typeof occasions)[number];

/** The address of a webhook or ping, or the file that holds it. */
export type Address = { readonly url: string } | { readonly urlFile: string };

export type Channel = (
  | { readonly kind: 'mail'; readonly to: string }
  | { readonly kind: 'webhook' | 'ping'; readonly address: Address; readonly passwordFile?: string }
  | { readonly kind: 'command'; readonly words: readonly [string, ...string[]] }
) & {
  /** The occasions of the channel; absent for a ping that is told of each run. */
  readonly on?: readonly Occasion[];
};

export interface Notices {
  readonly channels: readonly Channel[];
  /** Failures in a row that open an incident, 1 or more. */
  readonly after: number;
  readonly skipThreshold?: number;
}

type WrittenNotices = WrittenKeys<typeof noticeKeys>;
type WrittenChannel = NonNullable<WrittenNotices['notify']>[number];

/**
 * Makes the notices of a job from values that the schema allows. A channel with an error is left
 * out.
 */
export function noticesOf(written: WrittenNotices): {
  readonly notices: Notices;
  readonly problems: readonly ValueProblem[];
} {
  const { notify = [], notify_after, skip_threshold } = written;
  const made = notify.map(channelOf);
  const problems = made.flatMap((each, index) => (typeof each === 'string' ? [errorAt(['notify', index], each)] : []));
  const channels = made.filter((each) => typeof each !== 'string');
  const after = notify_after ?? noticeKeys.notify_after.default;
  const notices = defined({ channels, after, skipThreshold: skip_threshold });
  return { notices, problems: [...problems, ...unsent(notices)] };
}

/** Warns of a threshold whose notice no channel sends. */
function unsent({ channels, after, skipThreshold }: Notices): readonly ValueProblem[] {
  const problems: ValueProblem[] = [];
  const warn = (key: string, message: string) => problems.push(warningAt([key], message));
  if (after > 1 && channels.length === 0) warn('notify_after', 'no notice is sent: there is no "notify"');
  if (skipThreshold !== undefined && !channels.some(({ on }) => on?.includes('warning'))) {
    warn('skip_threshold', 'no notice is sent: no channel of "notify" has "warning" in its "on"');
  }
  return problems;
}

/** Returns the channel, or its problem in words that follow "notify:". */
function channelOf(written: WrittenChannel): Channel | string {
  const { mail, webhook, ping, command, url_file, kind, password_file } = written;
  const ways = [mail, webhook, ping, command, url_file].filter((way) => way !== undefined);
  if (ways.length !== 1) return 'a channel has exactly one of "mail", "webhook", "ping", "command" and "url_file"';
  if (url_file !== undefined && kind === undefined) return '"url_file" needs "kind: webhook" or "kind: ping" beside it';
  if (url_file === undefined && kind !== undefined) return '"kind" goes with "url_file" only';
  const overHttp = mail === undefined && command === undefined;
  if (password_file !== undefined && !overHttp) return '"password_file" goes with a webhook or ping only';
  if (mail !== undefined) return { kind: 'mail', to: mail, on: written.on ?? usual };
  if (command !== undefined) return commandChannel(command, written.on ?? usual);
  return httpChannel(written);
}

const usual: readonly Occasion[] = ['failure', 'recovery'];

function commandChannel(text: string, on: readonly Occasion[]): Channel | string {
  const split = splitCommand(text);
  return split.ok ? { kind: 'command', words: split.command.words, on } : `"command" ${split.problem.message}`;
}

function httpChannel({ webhook, ping, url_file, kind, password_file, on }: WrittenChannel): Channel | string {
  const url = webhook ?? ping;
  const isPing = ping !== undefined || kind === 'ping';
  const occasions = on ?? (isPing ? undefined : usual);
  const wrong = url === undefined ? undefined : wrongAddress(url, password_file !== undefined);
  if (wrong !== undefined) return wrong;
  const address = url === undefined ? { urlFile: url_file ?? '' } : { url };
  const kindOf = isPing ? ('ping' as const) : ('webhook' as const);
  return defined({ kind: kindOf, address, passwordFile: password_file, on: occasions });
}

/**
 * Returns the problem of an address without quoting it. The address in a `url_file` is checked when
 * the file is read.
 */
export function wrongAddress(text: string, hasPassword: boolean): string | undefined {
  if (!new RegExp(url.pattern, 'u').test(text) || !URL.canParse(text)) return `is not ${url['x-expected']}`;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return 'has a user or password in it: use "password_file"';
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  if (hasPassword && protocol === 'http:' && !isHere) return 'with a "password_file" must start with https://';
  return undefined;
}
