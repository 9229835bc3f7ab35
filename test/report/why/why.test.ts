import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceText } from '../../../src/report/advice.ts';
import { accountEndOf } from '../../../src/report/clock/account.ts';
import { answerOf } from '../../../src/report/why/answer.ts';
import type { Evidence } from '../../../src/report/why/evidence.ts';
import { whyText } from '../../../src/report/why/text.ts';
import { ticksInQuestion } from '../../../src/report/why/ticks.ts';
import { explain as explainState, explanationCode } from '../../../src/report/why/why.ts';
import type { Outcome, SkipReason } from '../../../src/run/outcome/outcome.ts';
import { expressionOf } from '../../../src/schedule/expression.ts';
import { zoneNamed, zonesOn } from '../../fakes/zones.ts';
import { hour, minute, nowMs, puzzle, runAt, succeeded, tickMs, well } from '../evidence.ts';

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };
type Changes = { readonly [K in keyof Evidence]?: Loose<Evidence[K]> | undefined };

/** Of the tick: as if a person had named its time. */
function explain(evidence: Evidence) {
  const { tickMs: atMs } = evidence.ticks;
  return explainState(atMs === undefined ? evidence : { askedMs: atMs, ...evidence });
}

/** Objects are merged one level deep, anything else is replaced. */
function changed(base: Evidence, changes: Changes): Evidence {
  const merged = Object.entries(changes).map(([key, value]) => {
    const before = base[key as keyof Evidence];
    const isObject = typeof before === 'object' && !Array.isArray(before);
    return [key, isObject ? { ...before, ...(value as object) } : value];
  });
  return { ...base, ...Object.fromEntries(merged) } as Evidence;
}

function skipped(reason: SkipReason): Outcome {
  return { kind: 'skipped', reason, words: `because of ${reason}`, allowed: false };
}

const seenFailing = {
  state: 'failing',
  health: 'failing',
  streak: { failures: 1, failedRuns: 1 },
  activity: { is: 'idle' },
  nextMs: nowMs + hour,
} as const;
const noLine = { line: undefined, wanted: undefined };
const line = (atMs: number, text: string) => ({ atMs, text });
const crontab = (facts: object) => ({ crontab: { facts: { ...puzzle.crontab.facts, ...facts } } }) as Changes;

/** What stands in the way, whom it is blamed on, the words that matter, and what to do. */
const causes: readonly (readonly [what: string, Changes, about: string, words: RegExp, advice: RegExp])[] = [
  [
    'no job file',
    { file: { is: 'absent' }, job: undefined, ticks: { tickMs: undefined } } as Changes,
    'job file',
    /there is no \/jobs/,
    /cron-generate/,
  ],
  [
    'a broken job file',
    { file: { is: 'broken', problems: ['/jobs/backup.yaml:3:1: unknown key'] } },
    'job file',
    /3:1: unknown key/,
    /jobctl check \/jobs\/backup.yaml/,
  ],
  [
    'a file that came later',
    { file: { changedMs: tickMs + minute }, runs: [] },
    'job file',
    /at 2026-11-25 10:31:00, after the tick/,
    /jobctl start backup/,
  ],
  [
    'no schedule',
    { job: { schedule: undefined }, crontab: noLine } as Changes,
    'schedule',
    /has no schedule/,
    /jobctl start backup/,
  ],
  ['disabled', { job: { enabled: false }, crontab: noLine }, 'schedule', /"disabled: true"/, /take it out/],
  [
    'disabled, and changed since',
    { job: { enabled: false }, crontab: noLine, file: { changedMs: nowMs }, runs: [] },
    'schedule',
    /"disabled: true"/,
    /take it out/,
  ],
  [
    'a pause',
    { pauses: [{ target: { job: 'backup' }, atMs: tickMs - hour, by: 'ada', reason: 'upgrade' }] },
    'pause',
    /paused by ada until it is resumed: upgrade/,
    /^end the pause: jobctl resume backup$/,
  ],
  [
    'a pause by tag',
    { pauses: [{ target: { tag: 'night' }, atMs: tickMs - hour, untilMs: nowMs + hour, by: 'ada' }] },
    'pause',
    /by tag night by ada/,
    /^end the pause: jobctl resume --tag night$/,
  ],
  [
    'a pause that was ended since',
    {
      steered: [
        { event: 'steered', run: '', action: 'pause', atMs: tickMs - hour, by: 'ada' },
        { event: 'steered', run: '', action: 'resume', atMs: tickMs + hour, by: 'bob' },
      ],
    },
    'pause',
    /paused by ada at that time; bob ended that at 2026-11-25 11:30/,
    /jobctl start backup/,
  ],
  [
    'no crontab',
    { crontab: { facts: undefined, line: undefined } },
    'crontab',
    /there is no \/etc\/cron.d/,
    /sudo cron-generate$/,
  ],
  [
    'a crontab where cron does not look',
    { crontab: { kind: 'elsewhere', path: '/srv/crontab' } },
    'crontab',
    /\/srv\/crontab is not in \/etc\/cron.d/,
    /output_crontab/,
  ],
  [
    "no crontab of one's own",
    { crontab: { kind: 'own', facts: undefined } },
    'crontab',
    /you have no crontab/,
    /cron-generate/,
  ],
  ['no line', { crontab: { line: undefined } }, 'crontab', /^its line is not in .* yet$/, /sudo cron-generate$/],
  [
    'another line',
    { crontab: { line: '30 2 * * * svc /usr/bin/run-job --job backup' } },
    'crontab',
    /has other times than its file asks for: 30 2/,
    /sudo cron-generate$/,
  ],
  [
    "a crontab that is not root's",
    crontab({ uid: 1000 }),
    'crontab',
    /owner is uid 1000/,
    /: sudo chown root .* && sudo touch /,
  ],
  [
    'a crontab that others can write',
    crontab({ mode: 0o664 }),
    'crontab',
    /mode 0664/,
    /: sudo chmod 644 .* && sudo touch /,
  ],
  ['a crontab with two names', crontab({ links: 2 }), 'crontab', /2 hard links/, /touch/],
  ['a directory in its place', crontab({ kind: 'directory' }), 'crontab', /it is a directory/, /remove \/etc\/cron.d/],
  [
    'a name that cron skips',
    { crontab: { path: '/etc/cron.d/process.control' } },
    'crontab',
    /"process.control"/,
    /output_crontab/,
  ],
  [
    'a line that cron refuses',
    { crontab: { faults: ['line 3: bad minute in "99 * * * *"'] } },
    'crontab',
    /line 3: bad minute/,
    /cron-generate/,
  ],
  ['a torn last line', { crontab: { endsWithLineBreak: false } }, 'crontab', /last line has no end/, /cron-generate/],
  [
    'a user who is gone',
    { crontab: { unknownUsers: ['svc'] } },
    'crontab',
    /names the user "svc", who does not exist/,
    /make that user/,
  ],
  ['too many lines', { crontab: { lineCount: 10_001 } }, 'crontab', /10001 lines/, /cron-generate/],
  [
    'a crontab that came too late',
    { ...crontab({ mtimeMs: tickMs + 20_000 }), runs: [] },
    'crontab',
    /written at 2026-11-25 10:30:20, after the tick/,
    /next tick/,
  ],
  [
    'a complaint of cron',
    {
      cronLog: {
        source: '/var/log/syslog',
        lines: [
          line(tickMs - hour, 'cron[812]: (*system*process-control) WRONG FILE OWNER (/etc/cron.d/process-control)'),
        ],
      },
    },
    'crontab',
    /cron said at 2026-11-25 09:30:00: .*WRONG FILE OWNER/,
    /touch \/etc\/cron.d\/process-control/,
  ],
  [
    'a machine that was off',
    { machine: { bootMs: tickMs + hour }, daemon: { is: 'running', sinceMs: tickMs + hour } as never },
    'machine',
    /off or booting: up since 2026-11-25 11:30/,
    /catch_up: last/,
  ],
  ['no cron', { daemon: { is: 'absent' } as never }, 'cron', /no cron is running/, /systemctl start cron/],
  [
    'a cron that started later',
    { daemon: { sinceMs: tickMs + minute } as never },
    'cron',
    /runs only since 2026-11-25 10:31/,
    /jobctl start backup/,
  ],
  ['a stopped cron', { daemon: { stopped: true } as never }, 'cron', /stopped by a signal/, /: sudo kill -CONT 812$/],
  [
    'sleep',
    {
      cronLog: {
        source: 'journalctl',
        lines: [
          line(tickMs - hour, 'kernel: PM: suspend entry (deep)'),
          line(tickMs + hour, 'kernel: PM: suspend exit'),
        ],
      },
    },
    'clock',
    /slept from 2026-11-25 09:30:00 to 2026-11-25 11:30/,
    /catch_up: last/,
  ],
  [
    'an account that PAM refuses',
    { cronLog: { source: '/var/log/syslog', lines: [line(tickMs, 'CRON[900]: Authentication failure for svc')] } },
    "cron's log",
    /Authentication failure/,
    /chage -l svc/,
  ],
  [
    'an account that has expired',
    { user: { end: accountEndOf('svc:!:20000:0:99999:7::20100:', 'svc', nowMs) } } as Changes,
    'service user',
    /^the account of svc has expired/,
    /chage --expiredate -1 svc/,
  ],
  [
    'a run-job that failed before it had a history',
    {
      cronLog: {
        source: '/var/log/syslog',
        lines: [line(tickMs + 700, 'run-job[901]: /etc/process-control.yaml:3:1: unknown key (backup)')],
      },
    },
    "cron's log",
    /run-job\[901\]: .*unknown key/,
    /fix that/,
  ],
  ['no service user', { user: { exists: false } }, 'service user', /there is no user svc/, /adduser/],
  ['no run-job', { runner: { objection: 'is not executable' } }, 'run-job', /run-job is not executable/, /runner_path/],
  [
    'a claim without a run',
    { claim: { run: 'r7', atMs: tickMs + 100 } },
    'history',
    /run r7 took the tick .* left no other trace/,
    /jobctl start backup/,
  ],
];

test('whatever keeps a job from starting is named, with what to do', () => {
  for (const [what, changes, about, words, advice] of causes) {
    const { verdict, cause } = explain(changed(puzzle, changes));
    assert.equal(cause?.about, about, `${what}: ${JSON.stringify(cause)}`);
    assert.match(cause.words, words, what);
    assert.match(adviceText(cause.advice ?? []), advice, what);
    assert.ok(['did-not-run', 'will-not-run'].includes(verdict), `${what}: ${verdict}`);
    assert.equal(explanationCode(explain(changed(puzzle, changes))), 1, what);
  }
});

test('a service has no ticks, and why says where to look instead', () => {
  const { verdict, cause } = explain(changed(puzzle, { job: { isService: true }, ticks: { tickMs: undefined } }));
  assert.equal(verdict, 'will-not-run');
  assert.match(
    `${cause?.words} -> ${adviceText(cause?.advice ?? [])}`,
    /it is a service.* -> look at it: jobctl status backup/,
  );
});

test('without the cause there is none: the same host without that one thing is a puzzle, and says so', () => {
  const { verdict, cause, findings } = explain(puzzle);
  assert.equal(verdict, 'unexplained');
  assert.equal(cause, undefined);
  assert.deepEqual(
    findings.filter((finding) => finding.is === 'stops'),
    [],
  );
  assert.equal(explanationCode(explain(puzzle)), 4);
});

test('what is on record goes before everything that is only so now', () => {
  const reasons: readonly (readonly [SkipReason, RegExp])[] = [
    ['running', /jobctl stop backup/],
    ['locked', /the lock is free now; run it: jobctl start backup/],
    ['queue-full', /more runs than there is time for/],
    ['deadline', /start_deadline/],
    ['claimed', /not run twice/],
    ['not-due', /time_zone/],
    ['paused', /it is not paused now; run it: jobctl start backup/],
  ];
  for (const [reason, advice] of reasons) {
    const runs = [runAt(tickMs + 500, skipped(reason), { tick: { tickMs } })];
    const { verdict, cause, run } = explain(changed(puzzle, { runs, daemon: { is: 'absent' } as never }));
    assert.deepEqual([verdict, cause?.about, run?.run], ['did-not-run', 'history', `r${tickMs + 500}`], reason);
    assert.match(cause?.words ?? '', new RegExp(`because of ${reason}`));
    assert.match(adviceText(cause?.advice ?? []), advice, reason);
  }
  const outcome = { kind: 'not-started', stage: 'configuration', reason: 'x.yaml:1:1: bad', code: 78 } as const;
  const { cause } = explain(changed(puzzle, { runs: [runAt(tickMs, outcome, { tick: { tickMs } })] }));
  assert.match(
    `${cause?.words} -> ${adviceText(cause?.advice ?? [])}`,
    /was not started: configuration: x.yaml:1:1: bad -> .*jobctl check/,
  );
});

test('a run that happened is found by its tick, also late, and of several records the one that started', () => {
  assert.equal(explain(well).verdict, 'ran');
  assert.equal(explain(well).cause, undefined);
  const late = runAt(tickMs + 40 * minute, { kind: 'exited', code: 3 }, { tick: { tickMs, lateMs: 40 * minute } });
  assert.equal(explain(changed(puzzle, { runs: [late] })).run, late);
  const twice = [runAt(tickMs + 900, skipped('claimed'), { tick: { tickMs } }), ...well.runs];
  assert.equal(explain(changed(puzzle, { runs: twice })).verdict, 'ran');
  assert.equal(
    explain(changed(puzzle, { runs: [runAt(tickMs + 10)] })).verdict,
    'running',
    'before there were ticks on record',
  );
  const byHand = runAt(tickMs + 10, succeeded, { trigger: { by: 'person', uid: 0, name: 'root' } });
  assert.equal(explain(changed(puzzle, { runs: [byHand] })).verdict, 'unexplained', 'a person is no clock');
});

test('a missed tick is explained by what can be seen, else by its record', () => {
  const outcome = { kind: 'missed', tickMs, count: 1, words: 'the machine was off or cron stood still' } as const;
  const runs = [runAt(tickMs, outcome)];
  assert.match(
    explain(changed(puzzle, { runs })).cause?.words ?? '',
    /was missed: the machine was off or cron stood still/,
  );
  const rebooted = explain(changed(puzzle, { runs, machine: { bootMs: tickMs + hour } }));
  assert.equal(rebooted.cause?.about, 'machine');
  assert.equal(rebooted.verdict, 'did-not-run');
});

test('what is still to come is foretold, and a tick of this moment is waited for', () => {
  const soon = changed(puzzle, { ticks: { tickMs: nowMs + hour }, askedMs: nowMs + hour } as Changes);
  assert.equal(explain(soon).verdict, 'will-run');
  assert.equal(explain(changed(soon, { job: { enabled: false }, crontab: noLine })).verdict, 'will-not-run');
  const ends = { target: { job: 'backup' }, atMs: tickMs, untilMs: nowMs + minute, by: 'ada' };
  assert.equal(explain(changed(soon, { pauses: [ends] })).verdict, 'will-run', 'a pause that will have ended');
  const verdictAfter = (ms: number) => explain(changed(puzzle, { nowMs: tickMs + ms } as Changes)).verdict;
  assert.equal(verdictAfter(minute - 1), 'waiting');
  assert.equal(verdictAfter(minute), 'unexplained', 'overdue in each other answer too');
  assert.equal(
    explain(changed(puzzle, { nowMs: tickMs + 3 * minute, job: { delayMs: 4 * minute } } as Changes)).verdict,
    'waiting',
    'splay',
  );
});

test('a job of every minute is asked about its overdue tick, while the newest may still start', () => {
  const scheduled = { schedule: expressionOf('* * * * *'), timing: {} };
  const asked = { zones: zonesOn('UTC'), delayMs: 0, nowMs: tickMs + 20_000 };
  const late = (ms: number) => ({ tickMs: tickMs - ms, overdueMs: ms });
  const of = (overdue: Parameters<typeof ticksInQuestion>[1]['overdue']) =>
    ticksInQuestion(scheduled, { ...asked, overdue }).tickMs;
  assert.equal(of(undefined), tickMs, 'nothing is overdue');
  assert.equal(of(late(6 * minute)), tickMs - minute);
  const long = ticksInQuestion(scheduled, {
    ...asked,
    nowMs: tickMs + minute - 1,
    delayMs: minute,
    overdue: late(minute),
  });
  assert.equal(long.tickMs, tickMs - minute, 'splay');
});

test('a time without a tick says when the ticks around it are', () => {
  const asked = changed(puzzle, {
    askedMs: tickMs + 5 * minute,
    ticks: { tickMs: undefined, beforeMs: tickMs },
  } as Changes);
  const { verdict, cause } = explain(asked);
  assert.equal(verdict, 'not-due');
  assert.match(
    cause?.words ?? '',
    /no tick at 2026-11-25 10:35:00; the one before was at 2026-11-25 10:30:00, the next is at 2026-11-25 11:30/,
  );
});

test('what may have been in the way is a doubt and no cause', () => {
  for (const [changes, about, words] of [
    [{ file: { changedMs: tickMs + minute } }, 'job file', /after the tick/],
    [crontab({ mode: 0o755 }), 'crontab', /cronie does not/],
    [{ crontab: { line: `${puzzle.crontab.line} ` } }, 'crontab', /is not the one that cron-generate would write now/],
    [{ machine: { suspendedMs: 5 * minute } }, 'clock', /slept for 5 minutes since it was booted/],
    [{ user: { homeExists: false } }, 'service user', /home \/home\/svc is not/],
    [{ state: { objection: 'can not be written by svc' } }, 'state', /without a record/],
    [
      { cronLog: { source: 'journalctl', lines: [line(tickMs + minute, 'systemd[1]: System clock was stepped')] } },
      'clock',
      /the clock was set/,
    ],
    [
      {
        hostZone: zoneNamed('Europe/Berlin'),
        ticks: { tickMs: Date.parse('2026-10-25T02:30:00Z') },
        file: { changedMs: 0 },
        machine: { bootMs: 0 },
        daemon: { sinceMs: 0 },
        ...crontab({ mtimeMs: 0 }),
      },
      'clock',
      /clocks of Europe\/Berlin were changed/,
    ],
  ] as const) {
    const { findings, verdict } = explain(changed(puzzle, changes as Changes));
    const doubts = findings.filter((finding) => finding.is === 'doubt');
    assert.ok(
      doubts.some((doubt) => doubt.about === about && words.test(doubt.words)),
      `${about}: ${JSON.stringify(findings)}`,
    );
    assert.equal(verdict, 'unexplained', about);
  }
});

test('what will not run again is told no next time', () => {
  const failed: Outcome = { kind: 'exited', code: 1 };
  const runs = [runAt(tickMs + 500, failed, { tick: { tickMs }, durationMs: 2000, logPath: '/log/backup.log' })];
  const next = (changes: Changes) => {
    const evidence = { ...changed({ ...well, runs }, changes), seen: seenFailing };
    const { answer, facts } = answerOf(explainState(evidence), evidence);
    return [/will not run again: no cron is running/.test(answer), facts.some(([label]) => label === 'next')];
  };
  assert.deepEqual(next({}), [false, true]);
  assert.deepEqual(next({ daemon: { is: 'absent' } as never }), [true, false]);
});

test('the text says what, why, what to do, then all findings', () => {
  const two = changed(puzzle, { daemon: { is: 'absent' } as never, job: { enabled: false }, crontab: noLine });
  assert.equal(
    whyText(answerOf(explain(two), two), explain(two).findings),
    `backup did not run at 2026-11-25 10:30:00: its file has "disabled: true"

Take it out of /jobs/backup.yaml, then:
    sudo cron-generate
Run it now:
    jobctl start backup
Also, no cron is running; start cron:
    sudo systemctl start cron

  job file      ok     /jobs/backup.yaml
  schedule      STOPS  its file has "disabled: true"
  pause         ok     it is not paused
  machine       ok     up since 2026-10-14 17:30:00
  cron          STOPS  no cron is running
  clock         ok     no sleep, no step and no change of the clock is known
  cron's log    ?      there is none
  service user  ok     svc, home /home/svc
  run-job       ok     /usr/bin/run-job
  state         ok     /var/lib/process-control-state
  lock          ok     it is free
`,
  );
  assert.equal(
    whyText(answerOf(explain(well), well), undefined, { more: 'jobctl why backup --all' }),
    `backup ran at 2026-11-25 10:30:00 and succeeded after 2 s

  run:  r${tickMs + 500}, by the clock
  log:  /log/backup.log

All findings: jobctl why backup --all
`,
  );
});

/** What is so, and a sentence that would then be false. */
const falsehoods: readonly (readonly [what: string, Changes, RegExp])[] = [
  [
    'a run of the tick, and a crontab that is younger',
    { ...crontab({ mtimeMs: tickMs + minute }), runs: [runAt(tickMs + 500, succeeded, { tick: { tickMs } })] },
    /no start of the job by the clock/,
  ],
  [
    'a run of the tick, and a job file that is younger',
    { file: { changedMs: tickMs + minute }, runs: [runAt(tickMs + 500, succeeded, { tick: { tickMs } })] },
    /STOPS +\/jobs|STOPS .* was put there/,
  ],
  [
    'a claim of the tick, and a crontab that is younger',
    { ...crontab({ mtimeMs: tickMs + minute }), runs: [], claim: { run: 'r', atMs: tickMs } },
    /no start of the job by the clock/,
  ],
  [
    'a run, and the system log of the tick before',
    {
      ticks: { beforeMs: tickMs - minute, afterMs: tickMs + minute },
      cronLog: {
        source: '/var/log/syslog',
        lines: [line(tickMs - minute, 'CRON[9]: (svc) CMD (run-job --job backup)')],
      },
    },
    /cron did start the line/,
  ],
  [
    'a run, and the system log of the tick after it',
    {
      ticks: { beforeMs: tickMs - minute, afterMs: tickMs + minute },
      cronLog: {
        source: '/var/log/syslog',
        lines: [line(tickMs + minute, 'CRON[9]: (svc) CMD (run-job --job backup)')],
      },
    },
    /cron did start the line/,
  ],
  [
    'a line of other times that has this tick too',
    { crontab: { line: '*/10 * * * * svc /usr/bin/run-job --job backup', fires: true } },
    /crontab +STOPS/,
  ],
];

test('no sentence is false', () => {
  for (const [what, changes, falsehood] of falsehoods) {
    const evidence = changed(puzzle, changes);
    assert.doesNotMatch(whyText(answerOf(explain(evidence), evidence), explain(evidence).findings), falsehood, what);
  }
});
