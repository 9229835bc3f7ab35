/** Lines of real-looking crontabs and the job files they become; words that a shell and run-job split alike. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readAnacrontab } from '../../../src/crontab/import/anacron.ts';
import { environmentRows, environmentText } from '../../../src/crontab/import/environment.ts';
import { importEntry } from '../../../src/crontab/import/imported.ts';
import { plainWords } from '../../../src/crontab/import/plain-words.ts';
import { firstDifference, lineSchedule } from '../../../src/crontab/import/prove.ts';
import { readSource } from '../../../src/crontab/import/source.ts';
import { validateJobText } from '../../../src/job/load.ts';
import { expressionOf } from '../../../src/schedule/expression.ts';
import { findZone } from '../../../src/system/time/zones.ts';

const order = { origin: 'crontab', user: 'app', serviceUser: 'app', taken: new Set<string>() };

/** The keys of the only job of a crontab, without comments. */
function keysOf(text: string, hasUsers = false): readonly string[] {
  const { entries, problems } = readSource(text, hasUsers);
  assert.deepEqual(problems, []);
  const [entry] = entries;
  assert.ok(entry !== undefined && entries.length === 1);
  const job = importEntry(entry, order);
  const loaded = validateJobText({ file: 'x', bytes: Buffer.from(job.text) }, {});
  assert.ok(loaded.ok, job.text + JSON.stringify(loaded));
  return job.text.split('\n').filter((line) => (line !== '' && !line.startsWith('# ')) || line.startsWith('# CHECK'));
}

const rows: readonly (readonly [string, readonly string[]])[] = [
  ['5 4 * * 1-5 /usr/bin/backup.sh', ['name: backup', 'command: /usr/bin/backup.sh', 'schedule: "5 4 * * 1-5"']],
  ['@daily\t/usr/bin/certbot -q renew', ['name: certbot', 'command: /usr/bin/certbot -q renew', 'schedule: "@daily"']],
  [
    '# Nightly report\n0 1 * * * /opt/r "a b"',
    ['name: Nightly report', `command: '/opt/r "a b"'`, 'schedule: "0 1 * * *"'],
  ],
  ['#0 1 * * * old\n0 2 * * * /opt/new', ['name: new', 'command: /opt/new', 'schedule: "0 2 * * *"']],
  [
    '0 3 * * * pg_dump db | gzip',
    ['name: pg_dump', `command: '/bin/sh -c ''pg_dump db | gzip'''`, 'schedule: "0 3 * * *"'],
  ],
  ['0 3 * * * date +\\%F', ['name: date', "command: 'date +%F'", 'schedule: "0 3 * * *"']],
  ['0 3 * * * echo a', ['name: echo', `command: '/bin/sh -c ''echo a'''`, 'schedule: "0 3 * * *"']],
  ['0 3 * * * A=1 run', ['name: run', `command: '/bin/sh -c ''A=1 run'''`, 'schedule: "0 3 * * *"']],
  ['0 3 * * * ls ~', ['name: ls', `command: '/bin/sh -c ''ls ~'''`, 'schedule: "0 3 * * *"']],
  [
    '0 3 * * * cd /srv/app && bin/tick >> /var/log/t.log 2>&1',
    ['name: tick', 'command: bin/tick', 'schedule: "0 3 * * *"', 'working_directory: /srv/app'],
  ],
  [
    '0 3 * * * cd /srv/app && a; b',
    ['name: app', `command: '/bin/sh -c ''cd /srv/app && a; b'''`, 'schedule: "0 3 * * *"'],
  ],
  [
    '0 3 * * * nice -n 10 timeout 90 /opt/x',
    ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"', 'nice: 10', 'timeout: 90s'],
  ],
  [
    '0 3 * * * timeout -k 5 2h /opt/x',
    ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"', 'timeout: 2h', 'kill_grace: 5s'],
  ],
  ['0 3 * * * chronic /opt/x -a', ['name: x', 'command: /opt/x -a', 'schedule: "0 3 * * *"']],
  [
    'SHELL=/bin/bash\n0 3 * * * sleep $((RANDOM \\% 300)); /opt/x',
    ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"', 'splay: 300s', 'environment:', '  SHELL: /bin/bash'],
  ],
  [
    '0 3 * * * sleep $((RANDOM \\% 300)); /opt/x',
    ['name: x', `command: '/bin/sh -c ''sleep $((RANDOM % 300)); /opt/x'''`, 'schedule: "0 3 * * *"'],
  ],
  [
    '0 3 * * * cat%one%two',
    ['name: cat', `command: '/bin/sh -c ''printf ''\\''''%s\\n''\\'''' one two | (cat)'''`, 'schedule: "0 3 * * *"'],
  ],
  ['0 3 * * * /opt/x%', ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"']],
  ['0 3 * * * [ -x /opt/x ] && /opt/x -a', ['name: x', 'command: /opt/x -a', 'schedule: "0 3 * * *"']],
  [
    '0 3 * * * test -x /opt/x && nice -n 5 /opt/x >/dev/null 2>&1',
    ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"', 'nice: 5'],
  ],
  ['0 3 * * * command -v x > /dev/null && x 1', ['name: x', 'command: x 1', 'schedule: "0 3 * * *"']],
  [
    '0 3 * * * [ -x /opt/yy ] && /opt/x',
    ['name: yy', `command: '/bin/sh -c ''[ -x /opt/yy ] && /opt/x'''`, 'schedule: "0 3 * * *"'],
  ],
  ['0 3 * * * flock -n /l /opt/x', ['name: flock', 'command: flock -n /l /opt/x', 'schedule: "0 3 * * *"']],
  [
    'MAILTO="ops@example.org"\nA = \' b \'\n0 3 * * * /opt/x',
    [
      'name: x',
      'command: /opt/x',
      'schedule: "0 3 * * *"',
      'environment:',
      "  A: ' b '",
      'failmail:',
      '  to_address: ops@example.org',
    ],
  ],
  [
    'MAILTO=""\nP=$HOME/x\n0 3 * * * /opt/x',
    ['name: x', 'command: /opt/x', 'schedule: "0 3 * * *"', 'environment:', "  P: '$HOME/x'"],
  ],
  [
    'SHELL=/bin/false\n0 3 * * * /opt/x',
    ['name: x', 'command: /bin/false -c /opt/x', 'schedule: "0 3 * * *"', 'environment:', '  SHELL: /bin/false'],
  ],
];

describe('a line of a crontab becomes', () => {
  for (const [line, keys] of rows) test(JSON.stringify(line), () => assert.deepEqual(keysOf(`${line}\n`), keys));
});

test('another user than the service user goes through sudo, and that is to be decided', () => {
  const [check, ...keys] = keysOf('5 4 * * * root timeout 9 /opt/x\n', true);
  assert.match(check ?? '', /^# CHECK: cron ran it as root.*sudoers/);
  assert.deepEqual(keys, ['name: timeout', 'command: sudo -n -u root -- timeout 9 /opt/x', 'schedule: "5 4 * * *"']);
});

test('a line of another user loses the test in front of it, but not what sudo would stop', () => {
  assert.equal(
    keysOf('*/5 * * * * root [ -x /usr/sbin/dma ] && /usr/sbin/dma -q\n', true)[2],
    'command: sudo -n -u root -- /usr/sbin/dma -q',
  );
  for (const line of ['command -v sa1 >/dev/null && sa1 1', '[ -x /opt/x ] && timeout 9 /opt/x', 'cd /opt && /opt/x']) {
    assert.match(keysOf(`0 3 * * * root ${line}\n`, true)[2] ?? '', /-- \/bin\/sh -c ''/, line);
  }
});

test('a title is a comment of one line, and a name that of a program', () => {
  const name = (text: string) => keysOf(`${text}\n`).find((line) => line.startsWith('name:'));
  assert.equal(name('# See the manual (and\n# the interval between updates)\n0 1 * * * /opt/x'), 'name: x');
  assert.equal(name('# m h  dom mon dow   command\n# Nightly report\n0 1 * * * /opt/x'), 'name: Nightly report');
  assert.equal(name('0 3 * * * test -e /run/x || MODE=1 /sbin/e2scrub_all -A'), 'name: e2scrub_all');
});

test('what is not understood is a problem of its line, and the rest goes on', () => {
  const text =
    '0 1 * * * cat # % a\n-0 1 * * * x\n0 1 * * * x\r\nA="b" c\n17 * * * * cd / && run-parts --report /etc/cron.hourly\n0 2 * * * /opt/x\n';
  const { entries, problems, left } = readSource(text, false);
  assert.deepEqual(
    [entries.map(({ line }) => line), problems.map(({ line }) => line), left.map(({ line }) => line)],
    [[6], [1, 2, 3, 4], [5]],
  );
});

test('without a line break at the end cron ignores the file', () => {
  const { entries, problems } = readSource('0 1 * * * a\n0 2 * * * b', false);
  assert.deepEqual([entries.length, problems.map(({ line }) => line)], [0, [2]]);
});

test('a setting holds only below its line', () => {
  const { entries } = readSource('0 1 * * * a\nA=1\n0 1 * * * b\nA=2\n0 1 * * * c\n', false);
  assert.deepEqual(
    entries.map(({ settings }) => settings.get('A')),
    [undefined, '1', '2'],
  );
});

test('the proof finds a job that starts at other times, and none for equal ones', () => {
  const host = findZone('Europe/Berlin');
  assert.ok(host !== undefined);
  const zones = { host, find: findZone };
  const nowMs = Date.UTC(2026, 10, 30);
  for (const [line, job, same] of [
    ['30 2 * * *', '30 2 * * *', true],
    ['*/10 * 1,15 * 7', '*/10 * 1,15 * 0', true],
    ['@weekly', '0 0 * * 7', true],
    ['0-59/20 2 * * *', '*/20 2 * * *', false],
    ['0 0 29 2 *', '0 0 28 2 *', false],
  ] as const) {
    const source = lineSchedule(line);
    const schedule = expressionOf(job);
    assert.ok(typeof source !== 'string' && schedule !== undefined);
    assert.equal(firstDifference(source, { schedule, timing: {} }, { nowMs, zones }) === undefined, same, line);
  }
});

test('a command without a shell has the words that a shell makes of it', () => {
  const piece = fc.constantFrom(
    'a',
    '-b',
    '=',
    '/',
    "'c d'",
    '"e  f"',
    '"',
    "'",
    '\\',
    '$HOME',
    '*',
    '~',
    '#',
    ' ',
    ' ',
    '\t',
    '{a,b}',
    '!',
    '%',
    ';',
    '&',
    '<',
    '`',
  );
  const commands = fc.sample(fc.array(piece, { maxLength: 9 }), 20_000).map((pieces) => `prog ${pieces.join('')}`);
  const plain = [...new Set(commands)].filter((command) => plainWords(command) !== undefined).slice(0, 1500);
  assert.ok(plain.length > 300, `only ${plain.length}`);
  const script = `prog() { printf '%s\\0' prog "$@"; printf '\\001'; }\n${plain.join('\n')}\n`;
  const { stdout } = spawnSync('/bin/sh', {
    input: script,
    encoding: 'utf8',
    maxBuffer: 1e8,
    cwd: '/proc/self/fdinfo',
  });
  const shell = stdout
    .split('\x01')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
  assert.deepEqual(
    shell,
    plain.map((command) => plainWords(command)),
  );
});

test('for cronie CRON_TZ is the zone of the job; its times differ only where the clocks of that zone change', () => {
  const { entries } = readSource('CRON_TZ=America/New_York\n30 2 * * * /opt/x\n', false);
  const [entry] = entries;
  assert.ok(entry);
  const { text, checks } = importEntry(entry, { ...order, cron: 'cronie' });
  assert.match(text, /^time_zone: America\/New_York$/m);
  assert.deepEqual(checks, []);
  const loaded = validateJobText({ file: 'x', bytes: Buffer.from(text) }, {});
  assert.ok(loaded.ok);
  const [host, zone] = [findZone('Europe/Berlin'), findZone('America/New_York')];
  assert.ok(host && zone);
  const schedule = lineSchedule(entry.schedule);
  assert.ok(typeof schedule !== 'string');
  const question = { nowMs: Date.UTC(2026, 10, 30), zones: { host, find: findZone }, zone };
  // The clocks of New York go forward in the night to the 14th of March 2027; the job runs at 3:00 then.
  assert.equal(firstDifference(schedule, loaded.value, question), Date.UTC(2027, 2, 14, 7));
  const daily = lineSchedule('30 12 * * *');
  const noon = importEntry({ ...entry, schedule: '30 12 * * *' }, { ...order, cron: 'cronie' });
  const other = validateJobText({ file: 'x', bytes: Buffer.from(noon.text) }, {});
  assert.ok(typeof daily !== 'string' && other.ok);
  assert.equal(firstDifference(daily, other.value, question), undefined);
});

test('the table of the environment has what differs', () => {
  const { entries } = readSource('PATH=/opt/bin\nMAILTO=""\n0 1 * * * x\n', false);
  const [entry] = entries;
  assert.ok(entry);
  const job = {
    user: 'svc',
    home: '/srv',
    searchPath: '/usr/bin:/bin:/usr/sbin:/sbin',
    locale: undefined,
    tells: false,
  };
  const rows = environmentRows(entry, { cron: 'debian', user: 'alice', home: '/home/alice', job });
  assert.deepEqual(
    rows.map(({ name, cron, job: now }) => [name, cron, now]),
    [
      ['HOME', '/home/alice', '/srv'],
      ['LOGNAME', 'alice', 'svc'],
      ['USER', null, 'svc'],
      ['output', 'thrown away', 'a log for each run; nobody hears of failures without failmail or notify'],
    ],
  );
  assert.match(environmentText(rows), /^ {2}USER +not set +svc$/m);
});

test('the sender of cronie is that of the mails about failures', () => {
  const { entries } = readSource('MAILTO=ops@example.org\nMAILFROM=cron@example.org\n0 1 * * * /opt/x\n', false);
  const [entry] = entries;
  assert.ok(entry);
  const { text, checks } = importEntry(entry, { ...order, cron: 'cronie' });
  assert.match(text, /\nfailmail:\n {2}to_address: ops@example\.org\n {2}from_address: cron@example\.org\n$/);
  assert.deepEqual(checks, []);
  assert.match(importEntry(entry, order).checks.join(), /MAILFROM/);
});

test('a line that leaves its work to a timer where systemd runs has to be decided', () => {
  const text = '0 */12 * * * test -x /usr/bin/certbot -a \\! -d /run/systemd/system && certbot -q renew\n';
  const [check, ...keys] = keysOf(text);
  assert.match(check ?? '', /^# CHECK: where systemd runs, cron leaves this to a timer/);
  assert.match(keys[1] ?? '', /\/bin\/sh -c/);
});

test('lines of an anacrontab become schedules that catch up, each to be decided', () => {
  const text = [
    ...['SHELL=/bin/sh', 'PATH=/usr/bin:/bin', 'RANDOM_DELAY=45', 'START_HOURS_RANGE=3-22', '# a comment'],
    ...[
      '1 5 daily.backup nice -n 10 /usr/local/bin/backup',
      '7\t40 report /opt/report 100%',
      '@monthly 45 close /opt/close',
    ],
    ...['1 5 cron.daily run-parts --report /etc/cron.daily', '3 5 odd /opt/odd', 'nonsense', 'A=1\r', ''],
  ].join('\n');
  const { entries, problems, left } = readAnacrontab(text);
  assert.deepEqual([problems.map(({ line }) => line), left.map(({ line }) => line)], [[10, 11, 12], [9]]);
  const jobs = entries.map((entry) => importEntry(entry, { ...order, user: 'app' }));
  const keys = jobs.map((job) => {
    const loaded = validateJobText({ file: 'x', bytes: Buffer.from(job.text) }, {});
    assert.ok(loaded.ok, job.text + JSON.stringify(loaded));
    assert.match(
      job.checks.join('\n'),
      /^anacron starts it when .* have? passed|^anacron starts it when a day has passed/,
    );
    return job.text.split('\n').filter((line) => /^(?:name|command|schedule|splay|catch|nice)/.test(line));
  });
  const common = ['splay: 45m', 'catch_up: last'];
  assert.deepEqual(keys, [
    [
      'name: daily.backup',
      'command: /usr/local/bin/backup',
      'schedule: "35 3 * * *"',
      ...common,
      'catch_up_window: 2d',
      'nice: 10',
    ],
    ['name: report', "command: '/opt/report 100%'", 'schedule: "10 4 * * 0"', ...common, 'catch_up_window: 8d'],
    ['name: close', 'command: /opt/close', 'schedule: "15 4 1 * *"', ...common, 'catch_up_window: 32d'],
  ]);
});
