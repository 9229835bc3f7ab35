import type { JobContent } from '../../../src/job/job.ts';
import type { Channel, Notices } from '../../../src/job/keys/notices.ts';
import type { Row } from './row.ts';

const notices = (part: Partial<Notices>): Partial<JobContent> => ({ notices: { channels: [], after: 1, ...part } });
const channel = (each: Channel) => notices({ channels: [each] });
const usual = ['failure', 'recovery'] as const;

export const noticeRows: Readonly<Record<string, Row>> = {
  notify: {
    accepts: [
      ['[]', notices({})],
      ['[{mail: a@example.org}]', channel({ kind: 'mail', to: 'a@example.org', on: usual })],
      [
        '[{webhook: "https://a.example/b", on: [warning]}]',
        channel({ kind: 'webhook', address: { url: 'https://a.example/b' }, on: ['warning'] }),
      ],
      // A ping is told of each run, unless `on` lists occasions.
      ['[{ping: "https://a.example/b"}]', channel({ kind: 'ping', address: { url: 'https://a.example/b' } })],
      [
        '[{ping: "https://a.example/b", on: [failure]}]',
        channel({ kind: 'ping', address: { url: 'https://a.example/b' }, on: ['failure'] }),
      ],
      ['[{command: a "b c"}]', channel({ kind: 'command', words: ['a', 'b c'], on: usual })],
      [
        '[{url_file: /etc/u, kind: webhook, password_file: /etc/p}]',
        channel({ kind: 'webhook', address: { urlFile: '/etc/u' }, passwordFile: '/etc/p', on: usual }),
      ],
      ['[{url_file: /etc/u, kind: ping}]', channel({ kind: 'ping', address: { urlFile: '/etc/u' } })],
      [
        '[{webhook: "http://localhost:1/", password_file: /etc/p}]',
        channel({
          ...{ kind: 'webhook', address: { url: 'http://localhost:1/' } },
          ...{ passwordFile: '/etc/p', on: usual },
        }),
      ],
    ],
    refuses: [
      ...['a@example.org', '[a@example.org]', '[{pigeon: a}]', '[{webhook: "ftp://a"}]', '', '[{}]'],
      // A channel has exactly one way, and no key of another way.
      ...['[{mail: a@b, ping: "https://a"}]', '[{on: [failure]}]', '[{url_file: /etc/u}]', '[{kind: ping}]'],
      ...['[{url_file: u, kind: ping}]', '[{url_file: /u, kind: mail}]', '[{ping: "https://a", kind: ping}]'],
      ...['[{mail: a@b, password_file: /p}]', '[{command: a, password_file: /p}]', '[{command: "a \\"b"}]'],
      // A password could be read on the network, or in the job file.
      ...['[{webhook: "http://a.example/", password_file: /p}]', '[{webhook: "https://u:p@a.example/"}]'],
      ...[
        '[{webhook: "https://"}]',
        '[{webhook: "https://a b"}]',
        '[{mail: a@b, on: []}]',
        '[{mail: a@b, on: [start]}]',
      ],
      `[${'{mail: a@b},'.repeat(21)}]`,
    ],
  },
  notify_after: { accepts: [['3', notices({ after: 3 })]], refuses: ['0', '-1', '"3"', ''] },
  skip_threshold: { accepts: [['5', notices({ skipThreshold: 5 })]], refuses: ['0', '1.5', ''] },
};
