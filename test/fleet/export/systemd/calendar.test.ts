/** Calendar events for schedules: the same minutes where no clock changes, and never one too few elsewhere. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import fc from 'fast-check';
import { dueMinutes } from '../../../../src/crontab/due-minutes.ts';
import { calendarEvents } from '../../../../src/fleet/export/systemd/calendar.ts';
import { parseCalendar } from '../../../../src/schedule/calendar/calendar.ts';
import { calendarFires } from '../../../../src/schedule/calendar/fires.ts';
import { type Expression, expressionOf } from '../../../../src/schedule/expression.ts';
import { nextFires } from '../../../../src/schedule/next.ts';
import { findZone } from '../../../../src/system/time/zones.ts';
import { dayMs, type Zone } from '../../../../src/zone/zone.ts';
import { schedule } from '../../../schedule/schedules.ts';

const zone = (name: string) => findZone(name) ?? assert.fail(`no zone ${name}`);
const utc = zone('UTC');
const minutesOfUtc = (expression: Expression, job: Zone) => dueMinutes(expression, { job, host: utc });
const timed = schedule
  .map(({ text }) => expressionOf(text))
  .filter((expression): expression is Expression => expression !== undefined && !expression.atBoot);

/** The instants of several events, each once, up to the first after which one of them is not known. */
function startsOf(events: readonly string[], host: Zone, span: { readonly afterMs: number; readonly untilMs: number }) {
  const all = events.flatMap((text) => {
    const answer = parseCalendar(text, (name) => findZone(name) !== undefined);
    assert.ok(answer.ok, text);
    return [...calendarFires(answer.calendar, { zone: text.endsWith(' UTC') ? utc : host, ...span })];
  });
  return [...new Set(all)].sort((a, b) => a - b);
}

test('in a zone without clock changes the events name the minutes of the schedule, and no others', () => {
  const afterMs = Date.UTC(2027, 1, 25);
  fc.assert(
    fc.property(timed, fc.constantFrom('UTC', 'Asia/Kathmandu'), (expression, name) => {
      const host = zone(name);
      const events = calendarEvents(expression, { job: host, host, dueMinutes: minutesOfUtc });
      assert.ok(events.every((event) => !event.endsWith('UTC')));
      const span = { afterMs, untilMs: afterMs + 3 * dayMs };
      assert.deepEqual(startsOf(events, host, span), nextFires(expression, { zone: host, ...span }), events.join('; '));
    }),
    { numRuns: 200 },
  );
});

test('where clocks change, each moment at which cron would start the job has an event', () => {
  const names = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Asia/Kathmandu');
  fc.assert(
    fc.property(timed, names, names, fc.nat({ max: 1 }), (expression, ofJob, ofHost, which) => {
      const [job, host] = [zone(ofJob), zone(ofHost)];
      const changes = job.changes({ afterMs: Date.UTC(2027, 0, 1), untilMs: Date.UTC(2028, 0, 1) });
      const afterMs = (changes[which]?.atMs ?? Date.UTC(2027, 5, 1)) - dayMs / 2;
      const span = { afterMs, untilMs: afterMs + dayMs };
      const events = calendarEvents(expression, { job, host, dueMinutes: minutesOfUtc });
      const starts = new Set(startsOf(events, host, span));
      const missing = nextFires(expression, { zone: job, ...span }).filter((ms) => !starts.has(ms));
      assert.deepEqual(missing, [], `${expression.text} of ${ofJob} on ${ofHost}: ${events.join('; ')}`);
    }),
    { numRuns: 300 },
  );
});

const judge = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });

test('systemd itself reads 500 events as the schedules they come from', {
  skip: judge.status === 0 ? false : 'needs systemd-analyze',
}, () => {
  const afterMs = Date.UTC(2026, 10, 30);
  const expressions = fc.sample(timed, { numRuns: 500, seed: 17 });
  const asked = expressions.map((expression) => ({
    expression,
    events: calendarEvents(expression, { job: utc, host: utc, dueMinutes: minutesOfUtc }),
  }));
  const all = asked.flatMap(({ events }) => events);
  const { stdout, status, stderr } = spawnSync(
    'systemd-analyze',
    ['calendar', `--base-time=@${afterMs / 1000}`, '--iterations=4', ...all],
    { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' }, maxBuffer: 64 * 1024 * 1024 },
  );
  assert.equal(status, 0, stderr);
  const blocks = stdout.trim().split('\n\n');
  assert.equal(blocks.length, all.length);
  let at = 0;
  for (const { expression, events } of asked) {
    const instants = events.map(() =>
      [...(blocks[at++] ?? '').matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC/g)].map(([, when = '']) =>
        Date.parse(`${when.replace(' ', 'T')}Z`),
      ),
    );
    // Beyond the last known start of either event there may be more.
    const untilMs = Math.min(...instants.map((list) => list.at(-1) ?? Number.POSITIVE_INFINITY));
    const theirs = [...new Set(instants.flat())].sort((a, b) => a - b).filter((ms) => ms <= untilMs);
    const ours = nextFires(expression, { zone: utc, afterMs, count: theirs.length });
    assert.deepEqual(theirs, ours, `${expression.text}: ${events.join('; ')}`);
  }
});
