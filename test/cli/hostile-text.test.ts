/**
 * Whatever stands in a record, a log, a job file, the configuration, an argument or a variable: no program prints a control character, or one
 * that can't be seen, and nothing in a text of others begins a line of its own.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { formatFacts } from '../../src/system/lock/owner.ts';
import { PrintableStream, printable, printableText } from '../../src/text/printable.ts';
import { type Ended, ended, House, isRoot, repository } from './house.ts';

const unseen = /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const flood = /\p{M}{9}/u;
const colours = /\u001b\[[0-9;:]*m/g;

const nasty = [
  ...[
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u001b]52;c;cm0=\u0007',
    '\u001bP+q544e\u001b\\',
    '\u001b[6n',
    '\u001b[31m',
    '\u001b[8m',
  ],
  ...[
    '\u009b2J',
    '\u009d0;x\u009c',
    '\u0085',
    '\u007f',
    '\u0000',
    '\u0007',
    '\b\b\b',
    '\r',
    '\u000b',
    '\u000c',
    '\u001b',
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u2067x',
    '\u061c',
    '\u200f',
    '\u2028',
    '\u2029',
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u034f',
  ],
  ...[
    '\u3164',
    '\u115f',
    '\u{e0001}\u{e0041}',
    '\u{e0100}',
    '\ud800',
    '\udc00',
    `e${'\u0301'.repeat(400)}`,
    '|',
    "'x'=1",
    '%s',
  ],
];
/** Ordinary text with nasty pieces in it, and a line break by which it would forge a line. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 4 }), fc.constant(' a ')), {
    ...{ minLength: 1, maxLength: 6 },
  })
  .map((parts) => `x${parts.join('')}\nFORGED ${parts.join('')}\r\nFORGED`);

const seed = Date.now() % 2 ** 31;
const texts = fc.sample(hostile, { seed, numRuns: 400 });
let taken = 0;
const some = () => texts[taken++ % texts.length] ?? '';

const around = (text: string, at: number) => text.slice(Math.max(0, at - 150), at + 50);

function assertClean(text: string, what: string): void {
  const found = unseen.exec(text.replaceAll(/[\n\t]/g, ' '));
  const code = found?.[0].codePointAt(0)?.toString(16);
  assert.equal(
    found,
    null,
    `${what} (seed ${seed}) printed U+${code}: ${JSON.stringify(around(text, found?.index ?? 0))}`,
  );
  const marks = text.search(flood);
  assert.equal(marks, -1, `${what} (seed ${seed}) printed a flood of marks: ${JSON.stringify(around(text, marks))}`);
  const forged = text.search(/^FORGED/m);
  assert.equal(
    forged,
    -1,
    `${what} (seed ${seed}): a text of others began a line: ${JSON.stringify(around(text, forged))}`,
  );
}

describe('the functions', () => {
  test('one line has only printable characters, and JSON has the same value', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = printable(text);
        assert.doesNotMatch(line, unseen);
        assert.doesNotMatch(line, flood);
        const lines = printableText(text);
        assert.doesNotMatch(lines.replaceAll(/[\n\t]/g, ''), unseen);
        assert.deepEqual(JSON.parse(printableText(JSON.stringify({ text }))), { text });
      }),
    );
  });

  test('of a stream in any pieces of any bytes only colours, line breaks and tabs are left, and colours end', () => {
    const bytes = fc.oneof(
      hostile.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
      fc.constant(Buffer.from('\u001b[31mred')),
    );
    fc.assert(
      fc.property(fc.array(bytes), fc.constantFrom('log' as const, 'live' as const), (pieces, lines) => {
        const stream = new PrintableStream(lines);
        const text = pieces.map((piece) => stream.take(piece)).join('') + stream.end();
        const shown = text.replaceAll(colours, '').replaceAll(lines === 'live' ? /[\r\n\t]/g : /[\n\t]/g, '');
        assert.doesNotMatch(shown, unseen);
        const last = text.match(colours)?.at(-1);
        assert.ok(last === undefined || /^\u001b\[0*m$/.test(last), JSON.stringify(text));
      }),
    );
  });
});

/** A quoted text of YAML in which nothing is raw, so that it gets past the reader. */
const quoted = (text: string) =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const atMs = Date.now() - 60_000;

function events(): readonly object[] {
  const trigger = { by: 'person', uid: 1000, name: some() };
  const common = () => ({ run: some(), atMs });
  const streak = { failures: 3, failingSinceMs: atMs, failedRuns: 3 };
  const outcomes = [
    { kind: 'stopped', signal: 15, by: some(), replacedBy: some() },
    { kind: 'broke-rule', rule: 'fail_on_output', words: some() },
    { kind: 'lost', reason: some() },
    { kind: 'not-started', stage: some(), reason: some(), code: 78 },
  ];
  const ends = outcomes.map((outcome) => ({
    ...{ event: 'ended', ...common(), outcome, durationMs: 7, streak, attempt: 2, trigger, host: some() },
    ...{ survivors: [some(), some()], warning: some(), paused: some() },
  }));
  return [
    { event: 'waiting', ...common(), trigger, host: some(), words: some() },
    { event: 'missed', ...common(), host: some(), outcome: { kind: 'missed', tickMs: atMs, count: 2, words: some() } },
    {
      event: 'skipped',
      ...common(),
      trigger,
      host: some(),
      outcome: { kind: 'skipped', reason: 'running', words: some(), allowed: false },
    },
    { event: 'steered', ...common(), action: 'pause', by: some(), reason: some(), tag: some(), started: some() },
    { event: 'stop-requested', ...common(), by: some(), reason: some(), replacedBy: some() },
    { event: 'service', atMs, words: some(), state: 'FAILED' },
    { event: 'service', atMs, words: `web.0 ${some()}`, state: 'FAILED', by: some(), reason: some() },
    ...ends,
    {
      event: 'started',
      run: 'last',
      atMs,
      trigger: { by: 'job', parentRun: some() },
      jobSha256: some(),
      logPath: some(),
      host: some(),
    },
    { event: 'notice-failed', run: 'last', atMs, channel: some(), reason: some() },
    { ...ends[3], run: 'last' },
    { event: 'notice-failed', run: 'last', atMs, channel: some(), reason: some() },
  ];
}

function serviceRecord(): object {
  const instance = (number: number, at: string) => ({
    ...{ number, at, sinceMs: atMs, reason: some(), restarts: 1, lastExit: { words: some(), atMs }, quickDeaths: 0 },
    ...{
      deathsMs: [],
      run: some(),
      ports: { [some()]: 80 },
      health: { is: 'failure', reason: some() },
      failures: 2,
      logPath: some(),
    },
  });
  return {
    ...{
      boot: some(),
      run: some(),
      state: 'FAILED',
      sinceMs: atMs,
      startedMs: atMs,
      problems: [some()],
      rollingEnd: some(),
    },
    definition: { name: some(), description: some(), tags: [some()], instances: 2, stopSeconds: 5 },
    instances: [instance(0, 'failed'), instance(1, 'backoff')],
  };
}

const job = `name: Job
command: /bin/true
schedule: "* * * * *"
tags: [many]
failmail: {to_address: root}
`;
const service = `name: Web
service: true
disabled: true
instances: 2
command: sleep 1000
tags: [many]
`;
/** Every key of a job file whose value is free text. */
const jobKeys = [
  ...[
    'name',
    'description',
    'command',
    'schedule',
    'working_directory',
    'time_zone',
    'catch_up',
    'user',
    'stop_signal',
  ],
  ...['on_overlap', 'fail_on_output', 'require_output', 'log_retention', 'timeout', 'locks'],
];
const configKeys = [
  'user',
  'job_directory',
  'run_directory',
  'state_directory',
  'output_directory',
  'cron_template',
  'path',
  'runner_path',
];

describe('what programs print', { skip: isRoot ? false : 'needs root' }, () => {
  let house: House;
  let holder: ChildProcess;
  after(() => {
    holder?.kill('SIGKILL');
    house?.remove();
  });

  before(() => {
    const jobs: Record<string, string> = { good: job, web: service };
    for (const key of jobKeys) {
      const rest = job.split('\n').filter((line) => !line.startsWith(`${key}:`));
      jobs[`key-${key.replaceAll('_', '-')}`] = `${rest.join('\n')}\n${key}: ${quoted(some())}\n`;
    }
    jobs['key-tags'] = `${job.replace('[many]', () => `[${quoted(some())}, ${quoted(some())}]`)}`;
    jobs['key-environment'] = `${job}environment: {${quoted(some())}: ${quoted(some())}, OK: ${quoted(some())}}\n`;
    jobs['key-unknown'] = `${job}${quoted(some())}: ${quoted(some())}\n`;
    jobs['key-raw'] = `${job}description: ${some()}\n`;
    house = new House(jobs);
    writeFileSync(house.path('jobs/bytes.yaml'), Buffer.from(`${job}description: \x9b2J\x1b[2J\xff\n`, 'latin1'));
    holder = spawn('setpriv', [
      `--reuid=${house.service.uid}`,
      `--regid=${house.service.gid}`,
      '--clear-groups',
      'sleep',
      '600',
    ]);
    const own = (name: string, text: string) => {
      const at = house.path(name);
      const made = mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, text);
      execFileSync('chown', ['-R', `${house.service.uid}:${house.service.gid}`, made ?? at]);
      chownSync(at, house.service.uid, house.service.gid);
    };
    for (const slug of ['good', 'web', 'gone', 'key-name', 'key-description'])
      own(
        `state/history/${slug}.jsonl`,
        events()
          .map((event) => `${JSON.stringify(event)}\n`)
          .join(''),
      );
    const pause = (target: object) => JSON.stringify({ target, atMs, by: some(), reason: some() });
    own('state/pauses/job:good', pause({ job: 'good' }));
    own('state/pauses/tag:many', pause({ tag: 'many' }));
    own('state/pauses/tag:odd', pause({ tag: some() }));
    const ask = () => ({ atMs, by: some(), reason: some() });
    own('state/desired/web', JSON.stringify({ wanted: 'down', wish: ask(), restart: ask(), reset: ask() }));
    own('state/desired/web:1', JSON.stringify({ wanted: 'down', wish: ask() }));
    own('state/services/web/supervised.json', JSON.stringify(serviceRecord()));
    own('state/services/lost/supervised.json', JSON.stringify(serviceRecord()));
    own(
      `state/notices/outbox/good@${String(atMs).padStart(15, '0')}-x-0.mail.failure.json`,
      JSON.stringify({ reason: some() }),
    );
    own('log/good/good-20261122-103000-1.log', some());
    const facts = {
      runId: some(),
      startedMs: atMs,
      kernelLock: 'good.flock',
      job: some(),
      logPath: some(),
      tags: [some()],
    };
    const stat = readFileSync(`/proc/${holder.pid}/stat`, 'utf8');
    const startTicks = stat.slice(stat.lastIndexOf(')')).split(' ')[20];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '');
    const namespace = execFileSync('readlink', ['/proc/self/ns/pid'], { encoding: 'utf8' }).replace(/\D/g, '');
    for (const slug of ['key-name', 'good'])
      own(`run/${slug}.run/o.${boot}.${namespace}.${holder.pid}.${startTicks}.${'a'.repeat(32)}`, formatFacts(facts));
  });

  const listings: readonly (readonly [string, ...string[]])[] = [
    ['jobctl', 'status'],
    ['jobctl', 'status', 'good'],
    ['jobctl', 'status', 'key-name'],
    ['jobctl', 'status', 'key-command'],
    ['jobctl', 'status', 'web'],
    ['jobctl', 'status', 'web.0'],
    ['jobctl', 'status', 'gone'],
    ['jobctl', 'status', '--json'],
    ['jobctl', 'history'],
    ['jobctl', 'history', 'good'],
    ['jobctl', 'history', 'web'],
    ['jobctl', 'history', 'web.0'],
    ['jobctl', 'history', '--json'],
    ['jobctl', 'failed'],
    ['jobctl', 'why', 'good'],
    ['jobctl', 'why', 'web'],
    ['jobctl', 'why', 'key-tags'],
    ['jobctl', 'why', '--json', 'good'],
    ['jobctl', 'next'],
    ['jobctl', 'logs', 'good', '-n', '5'],
    ['jobctl', 'check'],
    ['jobctl', 'check', '--json'],
    ['run-job', '--list-jobs'],
    ['run-job', '--status'],
    ['run-job', '--status', 'good'],
    ['run-job', '--rehearse', 'good'],
    ['run-job', '--rehearse', 'key-environment'],
    ['check-jobs-icinga'],
    ['check-jobs-icinga', '-j', 'g*'],
    ['cron-generate', '--check'],
    ['cron-generate', '--diff', '--plan'],
    ['jobctl', 'start', 'good'],
    ['jobctl', 'resume', 'good'],
    ['jobctl', 'start', 'web'],
    ['jobctl', 'pause', 'key-tags', '--reason', '\u001b[2J\nFORGED'],
    ['jobctl', 'pause', 'key-tags', '--reason', '\u202e'],
    ['jobctl', '\u001b[2J\nFORGED'],
    ['jobctl', 'status', '\u001b[2J\nFORGED'],
    ['jobctl', 'status', '--\u001b[2J\nFORGED'],
    ['jobctl', 'history', '--since', '\u009b2J\nFORGED'],
    ['run-job', '--job', '\u001b[2J\nFORGED'],
    ['run-job', '--\u202e'],
    ['check-jobs-icinga', '-w', '\u001b[2J\nFORGED'],
    ['check-jobs-icinga', '--config', '/\u001b[2J|\nFORGED'],
    ['cron-generate', '--config', '/\u001b[2J\nFORGED'],
    ['cron-generate', '--\u001b[2J\nFORGED'],
  ];

  for (const [program, ...args] of listings) {
    test(`${program} ${args.map((arg) => printable(arg)).join(' ')}`, async () => {
      const piped = await house.run(program, args, { as: 'root' });
      assertClean(piped.stdout, `${program} ${args.join(' ')}`);
      assertClean(piped.stderr, `${program} ${args.join(' ')} on stderr`);
      assert.doesNotMatch(piped.stderr, /internal error/);
      if (program === 'check-jobs-icinga') assert.ok((piped.stdout.match(/\|/g) ?? []).length <= 1, piped.stdout);
      if (args[0] === 'start' || args[0] === 'resume') return;
      const isColoured = args[0] === 'logs' || args.includes('--diff');
      // Without the colours of our own there must be no escape sequence at all; with them, none but colours.
      const shown = await atTerminal(house, [program, ...args], isColoured ? {} : { NO_COLOR: '1' });
      if (args[0] === 'status' || args[0] === 'history')
        assertClean(
          (await atTerminal(house, [program, ...args])).replaceAll(colours, ''),
          `${args.join(' ')} in colours`,
        );
      assertClean(isColoured ? shown.replaceAll(colours, '') : shown, `${program} ${args.join(' ')} at a terminal`);
    });
  }

  for (const key of configKeys) {
    test(`${key} of the configuration, and an unknown key`, async () => {
      const file = house.path(`etc/${key}.yaml`);
      const rest = readFileSync(house.configFile, 'utf8')
        .split('\n')
        .filter((line) => !line.startsWith(`${key}:`));
      writeFileSync(file, `${rest.join('\n')}\n${key}: ${quoted(some())}\n${quoted(some())}: 1\n`);
      for (const program of ['jobctl', 'run-job', 'cron-generate', 'check-jobs-icinga']) {
        const args = program === 'jobctl' ? ['status'] : program === 'run-job' ? ['--status'] : [];
        const answers = [
          await house.run(program, [...args, '--config', file], { as: 'root' }),
          await house.run(program, args, {
            as: 'root',
            environment: { PROCESS_CONTROL_CONFIG: `/${some().replaceAll('\0', '')}` },
          }),
        ];
        for (const { stdout, stderr, code } of answers) {
          assert.notEqual(code, 0);
          assertClean(stdout, program);
          assertClean(stderr, program);
        }
      }
    });
  }
});

/** What a terminal gets, with line ends as a program writes them. */
async function atTerminal(
  house: House,
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const quoted = [path.join(repository, 'bin', program), ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', quoted, '/dev/null'], {
    env: {
      ...{ PATH: '/usr/bin:/bin', PROCESS_CONTROL_CONFIG: house.configFile, TERM: 'xterm', SHELL: '/bin/sh' },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { stdout }: Ended = await ended(child);
  return stdout.replaceAll('\r\n', '\n');
}
