import type { Row } from './row.ts';

export const noticeRows: Readonly<Record<string, Row>> = {
  notify: {
    accepts: [
      ['[]', {}],
      ['[{mail: a@example.org}, {ping: "https://hc.example.org/1", on: [failure, success]}]', {}],
    ],
    refuses: ['a@example.org', '[a@example.org]', '[{pigeon: a}]', '[{webhook: "ftp://a"}]', ''],
  },
  notify_after: { accepts: [['3', {}]], refuses: ['0', '-1', '"3"', ''] },
  skip_threshold: { accepts: [['5', {}]], refuses: ['0', '1.5', ''] },
};
