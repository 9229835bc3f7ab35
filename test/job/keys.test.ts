/**
 * Each key of the job file: the values that it accepts, their meaning in the job, and the values
 * that it refuses.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobContent } from '../../src/job/job.ts';
import { jobSchema } from '../../src/job/keys/schema.ts';
import { validateJobText } from '../../src/job/load.ts';
import { expression } from '../schedule/expressions.ts';
import { noticeRows } from './rows/notices.ts';
import { policyRows } from './rows/policy.ts';
import { policy, type Row, timing } from './rows/row.ts';
import { serviceRows } from './rows/service.ts';
import { timingRows } from './rows/timing.ts';

const commands = (...words: [string, ...string[]][]) => words.map((w) => ({ text: w.join(' '), words: w }));
const tooLong = 'x'.repeat(201);

const rows: Readonly<Record<string, Row>> = {
  name: {
    accepts: [
      ['Nightly dump', { name: 'Nightly dump' }],
      ['"42"', { name: '42' }],
      ['no', { name: 'no' }],
      ['Übergabe 🚚', { name: 'Übergabe 🚚' }],
    ],
    refuses: ['42', '""', '[a]', '{a: b}', '"a\\nb"', '"a\\tb"', '"\\u0000"', '"\\u202e"', '', tooLong],
  },
  description: {
    accepts: [
      ['|\n  two\n  lines\n', { description: 'two\nlines' }],
      ['text', { description: 'text' }],
      ['""', { description: '' }],
    ],
    refuses: ['42', '[a]', '"\\e"', ''],
  },
  command: {
    accepts: [
      ['/bin/true', { commands: commands(['/bin/true']) }],
      ['[a, b c]', { commands: commands(['a'], ['b', 'c']) }],
      ['|\n  a b\n', { commands: commands(['a', 'b']) }],
    ],
    refuses: ['42', '[]', '""', '" "', '[a, 1]', '{a: b}', 'a "b', '"a\\nb"', '"a\\u0000"', ''],
  },
  slow_start_command: {
    accepts: [['a b', { slowStartCommands: commands(['a', 'b']) }]],
    refuses: ['42', '[]', '""', "a 'b", ''],
  },
  schedule: {
    accepts: [['"*/5 * * * *"', { schedule: expression('*/5 * * * *') }]],
    refuses: ['5', '[a]', 'true', '""', '', '* * * * *', tooLong.repeat(3)],
  },
  pool: {
    accepts: [
      ['web', { pool: { name: 'web', runs: 'one', placement: 'sticky' } }],
      ['db.example.org', { pool: { name: 'db.example.org', runs: 'one', placement: 'sticky' } }],
    ],
    refuses: ['42', '[a]', '""', 'a b', '-a', '"a\\nb"', '', tooLong],
  },
  runs: {
    accepts: [
      ['one', {}],
      ['each', {}],
    ],
    refuses: ['all', '1', 'One', '[each]', ''],
  },
  placement: {
    accepts: [
      ['sticky', {}],
      ['ordered', {}],
      ['spread', {}],
    ],
    refuses: ['random', 'Ordered', '1', '[ordered]', ''],
  },
  candidates: {
    accepts: [
      ['1', {}],
      ['10000', {}],
      ['all', {}],
    ],
    refuses: ['0', '10001', '1.5', 'some', '"3"', '[3]', ''],
  },
  takeover: {
    accepts: [
      ['5m', {}],
      ['1h30m', {}],
      ['never', {}],
    ],
    refuses: ['300', '5', 'Never', '[5m]', ''],
  },
  when_cut_off: {
    accepts: [
      ['go_on', {}],
      ['stop', {}],
    ],
    refuses: ['go on', 'Stop', '1', '[stop]', ''],
  },
  on_lost_run: {
    accepts: [
      ['record', {}],
      ['rerun', {}],
    ],
    refuses: ['run', '1', '[rerun]', ''],
  },
  without_engine: {
    accepts: [
      ['skip', {}],
      ['run', {}],
    ],
    refuses: ['wait', '1', '[run]', ''],
  },
  disabled: {
    accepts: [
      ['true', { enabled: false }],
      ['false', { enabled: true }],
      ['yes', { enabled: false }],
      ['Off', { enabled: true }],
    ],
    refuses: ['y', 'n', '1', '"true"', '"yes"', '[]', ''],
  },
  timeout: {
    accepts: [
      ['0', { timeoutSeconds: 0 }],
      ['10', { timeoutSeconds: 600 }],
      ['0.5', { timeoutSeconds: 30 }],
      ['90s', { timeoutSeconds: 90 }],
      ['"2h30m"', { timeoutSeconds: 9000 }],
      ['1d', { timeoutSeconds: 86_400 }],
    ],
    refuses: ['-1', '"10"', '010', '1:30', '.inf', '.nan', '1e99', '90 s', '30m2h', '1.5h', 's', '[]', 'true', ''],
  },
  kill_grace: {
    accepts: [
      ['30s', { killGraceSeconds: 30 }],
      ['0s', { killGraceSeconds: 0 }],
    ],
    refuses: ['10', '10.5', 'soon', '""', ''],
  },
  environment: {
    accepts: [
      ['{A: 010, B: yes, C: 1.10, D: , F: 0x1F}', { environment: { A: '010', B: 'yes', C: '1.10', D: '', F: '0x1F' } }],
      ['{A: "010", _b: "x\\ny", toString: z}', { environment: { A: '010', _b: 'x\ny', toString: 'z' } }],
      [
        '{A: 2026-11-22, B: 1_000, C: 12:30:45, D: .inf}',
        { environment: { A: '2026-11-22', B: '1_000', C: '12:30:45', D: '.inf' } },
      ],
    ],
    refuses: [
      '[A=1]',
      '{A-B: 1}',
      '{1: a}',
      '{A: [1]}',
      '{A: {b: c}}',
      '{PROCESS_CONTROL_RUN_ID: x}',
      '{A: "\\0"}',
      '{__proto__: x}',
      '{"": x}',
      '',
    ],
  },
  tag: {
    accepts: [
      ['a', { tags: ['a'] }],
      ['[a, b, a]', { tags: ['a', 'b'] }],
      ['[]', { tags: [] }],
    ],
    refuses: ['1', '[1]', '""', '"a\\nb"', '{a: b}', ''],
  },
  tags: { accepts: [['[a, b]', { tags: ['a', 'b'] }]], refuses: ['1', '[[a]]', ''] },
  allow_overtime: { accepts: [['true', { allowOvertime: true }]], refuses: ['1', 'y', ''] },
  failmail: {
    accepts: [
      ['{to_address: a@example.org}', { failmail: { toAddress: 'a@example.org' } }],
      [
        '{from_address: "Fail Mail <a@example.org>", to_address: "a@example.org, root"}',
        { failmail: { fromAddress: 'Fail Mail <a@example.org>', toAddress: 'a@example.org, root' } },
      ],
    ],
    refuses: [
      'a@example.org',
      '{}',
      '{from_address: a}',
      '{to_address: ""}',
      '{to_address: "a\\r\\nBcc: b"}',
      '{to_address: -oQ}',
      '',
    ],
  },
  failure_threshold_for_mail: {
    accepts: [['3', { failureThresholdForMail: 3 }]],
    refuses: ['0', '-1', '1.5', '"3"', '03', ''],
  },
  leftovers: {
    accepts: [
      ['kill', { leftovers: 'kill' }],
      ['allow', { leftovers: 'allow' }],
      ['fail', { leftovers: 'fail' }],
    ],
    refuses: ['keep', 'Kill', '1', 'true', ''],
  },
  working_directory: {
    accepts: [['/srv/app', { workingDirectory: '/srv/app' }]],
    refuses: ['srv', './srv', '~', '""', '"/a\\nb"', '"/a\\u0000"', '1', ''],
  },
  umask: {
    accepts: [
      ['022', { umask: 0o22 }],
      ['22', { umask: 0o22 }],
      ['"0027"', { umask: 0o27 }],
      ['0o77', { umask: 0o77 }],
      ['0', { umask: 0 }],
    ],
    refuses: ['8', '999', '0x1F', '-1', '1777', 'rwx', '[]', ''],
  },
  nice: {
    accepts: [
      ['10', { nice: 10 }],
      ['-20', { nice: -20 }],
    ],
    refuses: ['20', '-21', '1.5', '"10"', '010', ''],
  },
  limits: {
    accepts: [
      ['{}', { limits: {} }],
      [
        '{nofile: 64, file_size: 10G, cpu: 2h, processes: 5, address_space: 512M}',
        { limits: { nofile: 64, fileSize: 10 * 2 ** 30, cpu: 7200, processes: 5, addressSpace: 512 * 2 ** 20 } },
      ],
      ['{file_size: 1000, cpu: 30, address_space: 1T}', { limits: { fileSize: 1000, cpu: 30, addressSpace: 2 ** 40 } }],
    ],
    refuses: [
      '5',
      '[]',
      '{nofile: 0}',
      '{nofile: 64K}',
      '{file_size: 10X}',
      '{file_size: -1}',
      '{cpu: 0}',
      '{processes: 1.5}',
      '{core: 1}',
      '',
    ],
  },
  log_retention: {
    accepts: [
      ['{}', { logRetention: {} }],
      ['{days: 400}', { logRetention: { days: 400 } }],
      ['{days: 0, runs: 20, bytes: 512M}', { logRetention: { days: 0, runs: 20, bytes: 512 * 2 ** 20 } }],
      ['{days: 0.5, bytes: 0}', { logRetention: { days: 0.5, bytes: 0 } }],
    ],
    refuses: ['90', '[]', '{days: -1}', '{days: 90d}', '{runs: 1.5}', '{bytes: 1X}', '{total_bytes: 1G}', ''],
  },
  no_new_privileges: {
    accepts: [
      ['true', { noNewPrivileges: true }],
      ['false', { noNewPrivileges: false }],
    ],
    refuses: ['1', '"true"', 'strict', '[]', ''],
  },
  private_tmp: {
    accepts: [
      ['true', { privateTmp: true }],
      ['false', { privateTmp: false }],
    ],
    refuses: ['1', '"true"', '512M', '[]', ''],
  },
  pass_environment: {
    accepts: [
      ['[TZ, http_proxy, _x]', { passEnvironment: ['TZ', 'http_proxy', '_x'] }],
      ['[]', { passEnvironment: [] }],
    ],
    refuses: [
      'TZ',
      '[1]',
      '[HOME]',
      '[SHELL]',
      '[PWD]',
      '[NODE_OPTIONS]',
      '[PROCESS_CONTROL_RUN_ID]',
      '["A=b"]',
      '[a-b]',
      '',
    ],
  },
  ...timingRows,
  ...policyRows,
  ...noticeRows,
  ...serviceRows,
};

test('every key of the job schema is in this table', () => {
  assert.deepEqual(Object.keys(rows).sort(), Object.keys(jobSchema.properties).sort());
});

function validate(key: string, written: string) {
  const isForServices = key !== 'service' && Object.hasOwn(serviceRows, key);
  const others = { name: 'name: a', command: 'command: b', ...(isForServices && { service: 'service: true' }) };
  const lines = [
    ...Object.entries(others).flatMap(([other, line]) => (other === key ? [] : [line])),
    `${key}: ${written}`,
  ];
  return validateJobText({ file: 'job.yaml', bytes: new TextEncoder().encode(lines.join('\n')) }, {});
}

for (const [key, { accepts, refuses }] of Object.entries(rows)) {
  for (const [written, expected] of accepts) {
    test(`"${key}" may be ${JSON.stringify(written)}`, () => {
      const result = validate(key, written);
      assert.ok(result.ok, JSON.stringify(result));
      const got = Object.fromEntries(
        Object.keys(expected).map((part) => [part, result.value[part as keyof JobContent]]),
      );
      assert.deepEqual(got, expected);
    });
  }
  test(`"${key}" refuses wrong values, with one message each`, () => {
    for (const written of refuses) {
      const result = validate(key, written);
      assert.equal(result.ok, false, written);
      if (!result.ok) assert.equal(result.problems.length, 1, `${written}: ${JSON.stringify(result.problems)}`);
    }
  });
}

test('keys that a job does not have get their defaults', () => {
  const result = validate('name', 'a');
  assert.deepEqual(result, {
    ok: true,
    warnings: [],
    value: {
      name: 'a',
      commands: commands(['b']),
      enabled: true,
      disabled: false,
      timeoutSeconds: 0,
      killGraceSeconds: 10,
      environment: {},
      passEnvironment: [],
      noNewPrivileges: false,
      privateTmp: false,
      tags: [],
      allowOvertime: false,
      failureThresholdForMail: 1,
      leftovers: 'kill',
      logMaxBytes: 256 * 2 ** 20,
      umask: 0o22,
      limits: {},
      notices: { channels: [], after: 1 },
      ...timing({}),
      ...policy({}),
    },
  });
});

test('log_max_size limits the log of one run, or one log file of a service', () => {
  const sizeOf = (text: string, defaults = {}) => {
    const bytes = new TextEncoder().encode(`name: a\ncommand: b\n${text}\n`);
    const result = validateJobText({ file: 'a.yaml', bytes }, defaults);
    if (!result.ok) return result.problems.map(({ message }) => message).join();
    return result.value.service === undefined ? result.value.logMaxBytes : result.value.service.logMaxBytes;
  };
  assert.equal(sizeOf('log_max_size: 20M'), 20 * 2 ** 20);
  assert.equal(sizeOf('log_max_size: 1048576'), 2 ** 20);
  assert.equal(sizeOf('log_max_size: 0'), undefined);
  assert.equal(sizeOf('', { log_max_size: '2G' }), 2 ** 31);
  assert.equal(sizeOf('log_max_size: 0', { log_max_size: '2G' }), undefined);
  assert.match(String(sizeOf('log_max_size: 1023K')), /at least 1M, or 0/);
  assert.equal(sizeOf('service: true'), 100 * 2 ** 20);
  assert.equal(sizeOf('service: true', { log_max_size: '2G' }), 2 ** 31);
  assert.match(String(sizeOf('service: true\nlog_max_size: 0')), /of a service must be at least 1K/);
});

test('a threshold whose notice no channel sends gets a warning', () => {
  const doubts = (text: string) => {
    const bytes = new TextEncoder().encode(`name: a\ncommand: b\n${text}\n`);
    const result = validateJobText({ file: 'a.yaml', bytes }, {});
    return result.ok ? result.warnings.map(({ message }) => message) : result.problems;
  };
  assert.deepEqual(doubts('notify_after: 3'), ['no notice is sent: there is no "notify"']);
  assert.deepEqual(doubts('notify_after: 3\nnotify: [{mail: a@b}]'), []);
  assert.deepEqual(doubts('skip_threshold: 3\nnotify: [{mail: a@b}]'), [
    'no notice is sent: no channel of "notify" has "warning" in its "on"',
  ]);
  assert.deepEqual(doubts('skip_threshold: 3\nnotify: [{mail: a@b, on: [warning]}]'), []);
});
