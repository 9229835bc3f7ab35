import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockRule, eachStart, nextStart, scheduledBy } from '../../../src/report/clock/clock-ticks.ts';
import {
  type ClockedJob,
  type ClockFacts,
  clockFacts,
  commonWarnings,
  entriesIn,
  type Installed,
} from '../../../src/report/clock/installed.ts';
import { upcomingLines, upcomingStream } from '../../../src/report/clock/upcoming.ts';
import { snapshotJob } from '../../../src/report/snapshot.ts';
import { checkText } from '../../../src/report/text/check.ts';
import { checkJobs } from '../../../src/report/text/icinga.ts';
import { jobDetails, jobLines } from '../../../src/report/text/job.ts';
import { answerOf } from '../../../src/report/why/answer.ts';
import type { Evidence } from '../../../src/report/why/evidence.ts';
import { explain } from '../../../src/report/why/why.ts';
import { cronPart, installed, liveCron } from '../../fakes/installed.ts';
import { zonesOn } from '../../fakes/zones.ts';
import { expression } from '../../schedule/expressions.ts';
import { puzzle } from '../evidence.ts';

const nowMs = Date.parse('2026-11-25T10:41:00Z');
const zones = zonesOn('UTC');
const daily: ClockedJob = { slug: 'backup', schedule: '0 3 * * *', enabled: true, timing: {} };
const zoned: ClockedJob = { ...daily, timing: { timeZone: 'America/New_York' } };
const service: ClockedJob = { slug: 'backup', enabled: true, timing: {}, service: {} };
const parsed = <T extends ClockedJob>(job: T) => ({
  ...job,
  schedule: job.schedule === undefined ? undefined : expression(job.schedule),
});
const line = (schedule: string, flags = '') => `${schedule} svc /usr/bin/run-job ${flags}--job backup\n`;
const part = (changes: object) => ({ main: { ...cronPart, ...changes } });
const { facts: _facts, ...nothingThere } = cronPart;
const own = { path: 'your crontab', kind: 'own' } as const;
const ownInstalled = { command: 'cron-generate --install', ...part(own) };

type State = 'in-sync' | 'other' | 'missing' | 'left-over' | 'none' | 'unknown';

/** What is installed, what it means, when the job starts next (HH:MM of the day after or today), and the words that every answer has to hold. */
const table: readonly (readonly [
  what: string,
  job: ClockedJob,
  present: Installed,
  line: State,
  next: string | undefined,
  words: RegExp | undefined,
])[] = [
  [
    'not installed',
    daily,
    installed('# nothing\n'),
    'missing',
    undefined,
    /^not in the crontab yet: sudo cron-generate$/,
  ],
  ['no crontab', daily, installed('', { main: nothingThere }), 'missing', undefined, /^not in the crontab yet: sudo/],
  ['in sync', daily, installed(line('0 3 * * *')), 'in-sync', '26T03:00', undefined],
  [
    'in sync, of a predecessor',
    daily,
    installed('0 3 * * * svc run-job --job backup\n'),
    'in-sync',
    '26T03:00',
    undefined,
  ],
  [
    'an old line',
    daily,
    installed(line('*/10 * * * *')),
    'other',
    '25T10:50',
    /^the crontab still has "\*\/10 \* \* \* \*": sudo cron-generate$/,
  ],
  ['a zone of its own, in sync', zoned, installed(line('0,30 * * * *', '--due ')), 'in-sync', '26T08:00', undefined],
  [
    'a zone of its own, and a line from before it had one',
    zoned,
    installed(line('0 3 * * *')),
    'other',
    '26T03:00',
    /still has "0 3 \* \* \*"/,
  ],
  [
    'a line that asks at other minutes',
    zoned,
    installed(line('5 * * * *', '--due ')),
    'other',
    '26T08:05',
    /still has "5 \* \* \* \* --due"/,
  ],
  [
    'a line that never asks when it is due',
    zoned,
    installed(line('30 * * * *', '--due ')),
    'other',
    undefined,
    /still has "30 \*/,
  ],
  ['disabled, as installed', { ...daily, enabled: false }, installed(''), 'none', undefined, undefined],
  [
    'disabled since',
    { ...daily, enabled: false },
    installed(line('*/10 * * * *')),
    'left-over',
    '25T10:50',
    /still has/,
  ],
  [
    'without its schedule since',
    { slug: 'backup', enabled: true, timing: {} },
    installed(line('*/10 * * * *')),
    'left-over',
    '25T10:50',
    /still has/,
  ],
  [
    'unreadable',
    daily,
    installed('', part({ unreadable: 'permission denied' })),
    'unknown',
    '26T03:00',
    /process-control can't be read, .*: permission denied$/,
  ],
  [
    'on standard output',
    daily,
    installed('', part({ kind: 'console' })),
    'unknown',
    '26T03:00',
    /output_crontab is console/,
  ],
  [
    "another user's",
    daily,
    installed(line('0 3 * * *'), part({ facts: { ...cronPart.facts, uid: 1000 } })),
    'in-sync',
    undefined,
    /^cron ignores .*: its owner is uid 1000 and not root: give it to root: sudo chown root /,
  ],
  [
    'with a line that cron refuses',
    daily,
    installed(line('0 3 * * *'), part({ faults: ['line 3: bad minute'] })),
    'in-sync',
    undefined,
    /^cron ignores .*: one line is wrong: line 3/,
  ],
  [
    'a file of another place',
    daily,
    installed(line('0 3 * * *'), part({ kind: 'elsewhere' })),
    'in-sync',
    '26T03:00',
    undefined,
  ],
  [
    'embedded, in sync',
    daily,
    installed('0 3 * * * /usr/bin/run-job --job backup\n', ownInstalled),
    'in-sync',
    '26T03:00',
    undefined,
  ],
  [
    'embedded, not installed',
    daily,
    installed('', ownInstalled),
    'missing',
    undefined,
    /^not in the crontab yet: cron-generate --install$/,
  ],
  [
    'embedded, old',
    daily,
    installed('*/10 * * * * /usr/bin/run-job --job backup\n', ownInstalled),
    'other',
    '25T10:50',
    /: cron-generate --install$/,
  ],
  ['a service', service, installed('* * * * * svc /usr/bin/run-job --ensure\n'), 'in-sync', undefined, undefined],
  [
    'a service that nothing starts',
    service,
    installed('# nothing\n'),
    'missing',
    undefined,
    /no line that starts services, so only jobctl start backup does: sudo cron-generate/,
  ],
  [
    'another job of a similar name',
    daily,
    installed('0 3 * * * svc /usr/bin/run-job --job backup-2\n'),
    'missing',
    undefined,
    /not in the crontab yet/,
  ],
];

const crons = [
  ['cron alive', liveCron, undefined],
  ['no cron', { is: 'absent' }, /^no cron is running: /],
  ['cron stopped', { ...liveCron, stopped: true }, /^cron is stopped by a signal: sudo kill -CONT 812$/],
  ['cron hidden', { is: 'hidden' }, undefined],
] as const;

const time = (ms: number) => new Date(ms).toISOString();

for (const [cronName, daemon, cronWords] of crons)
  for (const [what, job, present, state, nextText, words] of table)
    test(`${what}, ${cronName}: every answer about the future is about what is installed`, () => {
      const there = { ...present, daemon };
      const clock = clockFacts(job, there);
      assert.equal(clock.line, state);
      const counts = !['elsewhere', 'console'].includes(there.main.kind) && state !== 'none';
      const cronSays = counts ? cronWords : undefined;
      for (const wanted of [words, cronSays])
        if (wanted !== undefined)
          assert.ok(
            clock.warnings.some((one) => wanted.test(one)),
            `${clock.warnings}`,
          );
      const expected = [words, cronSays].filter((one) => one !== undefined).length;
      assert.equal(clock.warnings.length, expected, `${clock.warnings}`);
      assert.equal(clock.starts === true && expected > 0 && !['other', 'left-over'].includes(state), false);
      if (state === 'missing' || cronSays !== undefined) assert.equal(clock.starts, false);

      const rule = job.service === undefined ? clockRule(parsed(job), clock) : undefined;
      const nextMs = rule && nextStart(rule, nowMs, zones);
      assert.equal(nextMs && time(nextMs).slice(8, 16), nextText);

      const stream = upcomingStream(
        { ...parsed(job), tags: [], delayMs: 0, clock },
        { fromMs: nowMs, count: 2, zones, pauses: [] },
      );
      const next = [...upcomingLines(stream, { hostZone: zones.host, nowMs, width: 6 })].join('');
      const snapshot = snapshotJob({
        job: {
          slug: 'backup',
          name: 'Backup',
          tags: [],
          disabled: !job.enabled,
          ...(job.schedule && { schedule: job.schedule }),
        },
        ...{ nowMs, holder: undefined, paused: undefined },
        history: { runs: [], streak: { failures: 0 }, lastStatus: 'unknown' } as never,
        times: { clock, ...(nextMs !== undefined && { nextMs }) },
      });
      const icinga = checkJobs([snapshot], { warningSeconds: 600 });
      const checked = { slug: 'backup', state: 'scheduled', schedule: '0 3 * * *', clock } as const;
      const check = checkText({ directory: '/jobs', problems: [], lines: [checked] });
      const answers = {
        next,
        list: [jobLines([snapshot], time), ...commonWarnings([clock])].join('\n'),
        name: jobDetails(snapshot, time),
        check,
        icinga: icinga.text,
      };
      for (const [which, text] of Object.entries(answers))
        for (const warning of clock.warnings)
          assert.ok(text.includes(warning.replaceAll('|', '/')), `${which} lacks "${warning}":\n${text}`);
      assert.equal(icinga.code, clock.warnings.length === 0 ? 0 : 1);
      assert.equal(jobDetails(snapshot, time).includes('\nnext: '), nextMs !== undefined);
      const why = job === service ? undefined : whyOf(job, there, clock, nextMs);
      const isUnreadable = state === 'unknown' || there.main.kind === 'elsewhere';
      if (why !== undefined && state !== 'none' && !isUnreadable) {
        const starts = clock.starts !== false && nextMs !== undefined;
        if (starts) assert.match(why.answer, /will run at /);
        else assert.match(why.answer, /^backup (?:has not run yet, and )?will (?:not run: |run at )/);
        if (clock.starts === false) assert.match(why.answer, /^backup will not run: /);
        // What status, next and check advise, why advises too.
        for (const warning of clock.warnings)
          for (const command of warning.match(/(?:sudo |cron-generate --install).*$/)?.[0].split(' && ') ?? [])
            assert.ok(why.commands.includes(command), `${command} is not in ${JSON.stringify(why)}`);
        if (clock.warnings.length === 0) assert.deepEqual(why.commands, []);
      }
      if (nextText === undefined) assert.doesNotMatch(next, /^2026/m);
      else assert.match(next, new RegExp(`^2026-11-${nextText.replace('T', ' ')}`));
    });

/** The answer of `jobctl why` with the same crontab and the same cron. */
function whyOf(job: ClockedJob, there: Installed, clock: ClockFacts, nextMs: number | undefined) {
  const line = there.lines.get(job.slug);
  const { schedule, enabled, timing } = job;
  const { catchUp: _catchUp, ...own } = { catchUp: 'none', ...timing };
  const wanted = `${own.timeZone === undefined ? schedule : '0,30 * * * *'} svc /usr/bin/run-job --job backup`;
  const { line: _line, wanted: _wanted, ...crontab } = puzzle.crontab;
  const isStale = clock.line === 'other' || clock.line === 'left-over';
  const ofLine = isStale && !clock.due && clock.schedule !== undefined ? { ofLine: clock.schedule } : {};
  const evidence: Evidence = {
    ...{ ...puzzle, nowMs, runs: [], clock, daemon: there.daemon },
    job: { ...(schedule !== undefined && { schedule }), enabled, delayMs: 0, catchUp: 'none', ...own },
    ticks: { ...ofLine, afterMs: nextMs ?? nowMs + 3_600_000 },
    seen: { state: 'never-run', health: 'never-run', streak: { failures: 0 }, activity: { is: 'idle' } },
    crontab: {
      ...{ ...crontab, ...(line?.part ?? there.main), command: there.command },
      ...(line !== undefined && { line: line.text }),
      ...(schedule !== undefined && enabled && { wanted: clock.line === 'in-sync' ? `${line?.text}` : wanted }),
    },
  };
  const explanation = explain(evidence);
  return { ...explanation, ...answerOf(explanation, evidence) };
}

test('a warning that holds for many jobs is said once', () => {
  const jobs = ['a', 'b', 'c'].map((slug) => {
    const job = { ...daily, slug, tags: [], delayMs: 0 };
    const text = `0 3 * * * svc /usr/bin/run-job --job ${slug}\n`;
    const clock = clockFacts(job, installed(text, { daemon: { is: 'absent' } }));
    return upcomingStream({ ...parsed(job), clock }, { fromMs: nowMs, count: 1, zones, pauses: [] });
  });
  const ticks = (function* () {
    for (const job of jobs) yield* job.ticks;
  })();
  const text = [...upcomingLines({ ticks, none: [] }, { hostZone: zones.host, nowMs, width: 1 })].join('');
  assert.equal(text.match(/no cron is running/g)?.length, 1);
});

test("entries are read from a system crontab and from a user's own", () => {
  const user = [
    ...entriesIn(
      'A=/b/run-job --job a\n# * * * * * /b/run-job --job b\n@reboot /b/run-job --ensure\n5 0 * * * /b/run-job --due --job c\n',
      'user',
    ),
  ];
  assert.deepEqual(
    user.map((one) => (one.is === 'job' ? `${one.schedule} ${one.due} ${one.slug}` : one.is)),
    ['ensure', '5 0 * * * true c'],
  );
  assert.deepEqual(
    [...entriesIn('5 0 * * * /b/run-job --job c\n', 'system')],
    [],
    'without a user it is no line of /etc/cron.d',
  );
});

test('a line of every minute that asks for a rare schedule does not make the search endless', () => {
  const rule = { job: scheduledBy('* * * * *'), line: scheduledBy('0 0 29 2 *') };
  assert.equal([...eachStart(rule, { afterMs: nowMs, untilMs: nowMs + 86_400_000 }, zones)].length, 0);
});
