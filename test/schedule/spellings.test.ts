/**
 * Schedules of other programs and of plain English: the suggestion runs at the minutes that were
 * meant, counted one by one, or there is a reason.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpression } from '../../src/schedule/expression.ts';
import { nextFires } from '../../src/schedule/next.ts';
import { zoneNamed } from '../fakes/zones.ts';

const minuteMs = 60_000;
const dayMinutes = 24 * 60;
const spanMinutes = 35 * dayMinutes;

function said(text: string): string {
  const answer = parseExpression(text);
  return answer.ok ? 'accepted' : answer.problems.map(({ message }) => message).join('\n');
}

interface Meant {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days?: readonly number[];
  readonly months?: readonly number[];
  readonly weekdays?: readonly number[];
}

/** Looks at every minute of five weeks. */
function minutesMeant(meant: Meant, fromMs: number): readonly number[] {
  const found: number[] = [];
  for (let day = 0; day < spanMinutes / dayMinutes; day++) {
    const midnightMs = fromMs + minuteMs + day * dayMinutes * minuteMs;
    const date = new Date(midnightMs);
    const isDay = meant.days?.includes(date.getUTCDate()) ?? true;
    const isMonth = meant.months?.includes(date.getUTCMonth() + 1) ?? true;
    const isWeekday = meant.weekdays?.includes(date.getUTCDay()) ?? true;
    for (let at = 0; at < dayMinutes; at++) {
      const isTime = meant.hours.includes(Math.floor(at / 60)) && meant.minutes.includes(at % 60);
      if (isDay && isMonth && isWeekday && isTime) found.push(midnightMs + at * minuteMs);
    }
  }
  return found;
}

function fires(schedule: string, fromMs: number): readonly number[] {
  const answer = parseExpression(schedule);
  assert.ok(answer.ok, `${schedule}: ${said(schedule)}`);
  const untilMs = fromMs + spanMinutes * minuteMs;
  return nextFires(answer.expression, { zone: zoneNamed('UTC'), afterMs: fromMs, untilMs });
}

function assertOffer(text: string, meant: Meant, fromMs: number): void {
  const offer = /; write "([^"]+)"/.exec(said(text))?.[1];
  assert.ok(offer !== undefined, `${text}: ${said(text)}`);
  assert.deepEqual(fires(offer, fromMs), minutesMeant(meant, fromMs), `${text} -> ${offer}`);
}

const start = fc.integer({ min: 0, max: 3000 }).map((day) => Date.UTC(2024, 0, 1) + day * 86_400_000 - minuteMs);
const hour = fc.nat({ max: 23 });
const minute = fc.nat({ max: 59 });
const two = (number: number) => String(number).padStart(2, '0');
const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

interface Written<T> {
  readonly text: string;
  readonly values: readonly T[];
}

function someWeekdays(joins: readonly string[], ranges: readonly string[]): fc.Arbitrary<Written<number>> {
  const spelled = fc.tuple(fc.nat({ max: 6 }), fc.constantFrom(3, 9), fc.nat({ max: 2 })).map(([at, letters, how]) => {
    const name = (names[at] ?? '').slice(0, letters);
    return { text: how === 0 ? name : how === 1 ? name.toLowerCase() : name.toUpperCase(), values: [at] };
  });
  const range = fc.tuple(spelled, spelled, fc.constantFrom(...ranges)).map(([from, to, dash]) => {
    const [first = 0, last = 0] = [...from.values, ...to.values];
    const length = ((last - first + 7) % 7) + 1;
    return { text: from.text + dash + to.text, values: Array.from({ length }, (_, at) => (first + at) % 7) };
  });
  return fc
    .tuple(fc.array(fc.oneof(spelled, range), { minLength: 1, maxLength: 3 }), fc.constantFrom(...joins))
    .map(([items, comma]) => ({
      text: items.map(({ text }) => text).join(comma),
      values: items.flatMap(({ values }) => values),
    }));
}

test('days of the week and times in plain English are translated', () => {
  const clock = fc.tuple(hour, minute, fc.nat({ max: 3 })).map(([at, past, how]) => {
    const half = `${at % 12 === 0 ? 12 : at % 12}:${two(past)}${how === 2 ? ' ' : ''}${at < 12 ? 'am' : 'pm'}`;
    const text = how === 0 ? `${two(at)}:${two(past)}` : how === 1 ? `${at}:${two(past)}` : half;
    return { at, past, text };
  });
  const weekdays = someWeekdays([',', ', ', ' and '], ['-', ' - ', ' to ']);
  const frames = [
    '{D} {T}',
    '{D} at {T}',
    'every {D} at {T}',
    'on {D} at {T}',
    '{T} on {D}',
    '{T} {D}',
    'weekly on {D} at {T}',
  ];
  fc.assert(
    fc.property(weekdays, clock, fc.constantFrom(...frames), start, (days, { at, past, text }, frame, fromMs) => {
      const written = frame.replace('{D}', days.text).replace('{T}', text);
      assertOffer(written, { hours: [at], minutes: [past], weekdays: days.values }, fromMs);
    }),
    { numRuns: 200 },
  );
});

/** A component of systemd.time(7) and its numbers. */
function component(low: number, last: number): fc.Arbitrary<Written<number>> {
  const number = fc.integer({ min: low, max: last });
  const item = fc.oneof(
    number.map((at) => ({ text: two(at), values: [at] })),
    fc.tuple(number, number).map((pair) => {
      const [from = 0, to = 0] = [...pair].sort((a, b) => a - b);
      return { text: `${from}..${to}`, values: Array.from({ length: to - from + 1 }, (_, at) => from + at) };
    }),
    fc.tuple(number, fc.integer({ min: 1, max: last })).map(([from, step]) => {
      const values: number[] = [];
      for (let at = from; at <= last; at += step) values.push(at);
      return { text: `${from}/${step}`, values };
    }),
  );
  const all = { text: '*', values: Array.from({ length: last - low + 1 }, (_, at) => low + at) };
  return fc.oneof(
    fc.constant(all),
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
      text: items.map(({ text }) => text).join(','),
      values: items.flatMap(({ values }) => values),
    })),
  );
}

/** Twelve months or so would be needed to see a month: the span begins in one that is meant. */
function inMonth(months: readonly number[], fromMs: number): number {
  const date = new Date(fromMs);
  return Date.UTC(date.getUTCFullYear(), (months[0] ?? 1) - 1, 1) - minuteMs;
}

test('OnCalendar of systemd is translated', () => {
  const weekdays = fc.option(someWeekdays([','], ['..', '-']), { nil: undefined });
  const parts = fc.tuple(weekdays, component(1, 12), component(1, 28), component(0, 23), component(0, 59));
  fc.assert(
    fc.property(parts, fc.constantFrom('', ':00', ':0'), start, ([week, month, day, hours, minutes], seconds, from) => {
      const byDay = week === undefined;
      const date = byDay ? `*-${month.text}-${day.text} ` : `${week.text} *-${month.text}-* `;
      const text = `${date}${hours.text}:${minutes.text}${seconds}`;
      // 29 to 31 are in the star only.
      const days = day.text === '*' || !byDay ? {} : { days: untilEnd(day) };
      const meant = { minutes: minutes.values, hours: hours.values, months: month.values, ...days };
      assertOffer(text, { ...meant, ...(week && { weekdays: week.values }) }, inMonth(month.values, from));
    }),
    { numRuns: 120 },
  );
});

/** The last days of a step that goes on to the end of the month. */
function untilEnd({ text }: Written<number>): readonly number[] {
  return text.split(',').flatMap((item) => {
    const [span = '', step] = item.split('/');
    const [from = '', to = step === undefined ? from : '31'] = span.split('..');
    const found: number[] = [];
    for (let at = Number(from); at <= Number(to); at += Number(step ?? 1)) found.push(at);
    return found;
  });
}

test('days of a month in plain English are translated', () => {
  const frames = [
    '{D} at {T}',
    'on the {D} at {T}',
    'monthly on the {D} at {T}',
    'on the {D} of every month at {T}',
    'every {D} {T}',
  ];
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 28 }),
      hour,
      minute,
      fc.constantFrom(...frames),
      start,
      (day, at, past, frame, from) => {
        const suffix = [11, 12, 13].includes(day) ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th');
        const text = frame.replace('{D}', `${day}${suffix}`).replace('{T}', `${at}:${two(past)}`);
        assertOffer(text, { minutes: [past], hours: [at], days: [day] }, from);
      },
    ),
    { numRuns: 200 },
  );
});

test('an interval that divides an hour or a day gets the nearest schedule; every other one gets a reason', () => {
  const units = fc.constantFrom(
    [
      1,
      (count: number) => [
        `PT${count}M`,
        `@every ${count}m`,
        `every ${count} minutes`,
        `${count} min`,
        `rate(${count} minutes)`,
      ],
    ],
    [
      60,
      (count: number) => [
        `PT${count}H`,
        `@every ${count}h`,
        `every ${count} hours`,
        `${count} hrs`,
        `rate(${count} hours)`,
      ],
    ],
  ) as fc.Arbitrary<[number, (count: number) => readonly string[]]>;
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 100 }), fc.nat({ max: 4 }), ([size, spell], count, how) => {
      const text = spell(count)[how] ?? '';
      const distance = size * count;
      const answer = said(text);
      const offer = /the nearest that cron can is "([^"]+)"/.exec(answer)?.[1];
      const divides = distance < 60 ? 60 % distance === 0 : distance % 60 === 0 && 1440 % distance === 0;
      const isWeek = distance === 7 * 1440;
      assert.equal(offer !== undefined, divides || isWeek, `${text}: ${answer}`);
      if (offer === undefined) return assert.match(answer, /: cron /);
      const ticks = fires(offer, Date.UTC(2026, 0, 1) - minuteMs);
      for (const [at, tick] of ticks.entries())
        if (at > 0) assert.equal(tick - (ticks[at - 1] ?? 0), distance * minuteMs, text);
    }),
    { numRuns: 500 },
  );
});

/** [written, words of the message] */
const table: readonly (readonly [string, RegExp])[] = [
  ['quarterly', /; write "0 0 1 1,4,7,10 \*"$/],
  ['@quarterly', /; write "0 0 1 1,4,7,10 \*"$/],
  ['Sat,Sun 20:15', /; write "15 20 \* \* sat,sun"$/],
  ['Sat/Sun 20:15', /; write "15 20 \* \* sat,sun"$/],
  ['weekends at 10', /; write "0 10 \* \* 0,6"$/],
  ['working-days 8am', /; write "0 8 \* \* 1-5"$/],
  ['09:00 and 17:00', /; write "0 9,17 \* \* \*"$/],
  ['09:00,17:00', /; write "0 9,17 \* \* \*"$/],
  ['09:00 and 17:30', /can not name these times together; write a job for each$/],
  ['first monday of month 09:00', /take the days 1-7 and every weekday, and sh -c 'test "\$\(date \+%u\)" = 1 /],
  ['1st monday 09:00', /take the days 1-7 .* = 1 /],
  ['third fri at 18:00', /take the days 15-21 .* = 5 /],
  ['last friday of month 18:00', /take the days 22-31 .* = 5 && test "\$\(date -d "7 days" \+%d\)" -le 07 /],
  ['last day of month', /take the days 28-31/],
  ['last of the month at 23:00', /take the days 28-31/],
  ['first of the month at 9', /; write "0 9 1 \* \*"$/],
  ['first day of month at 9', /; write "0 9 1 \* \*"$/],
  ['Mon *-*-1..7 09:00', /either the day or the weekday .* take the days 1-7/],
  ['*-*~1 00:00', /take the days 28-31/],
  ['2026-12-24 18:00', /knows no years, such as "2026"/],
  ['0 0 1 1 * 2026', /knows no years, such as "2026"/],
  ['*-*-* 02:30 Europe/Berlin', /; write "30 2 \* \* \*", and "time_zone: Europe\/Berlin"$/],
  ['*-*-* *:*:0/10', /starts jobs at the full minute/],
  ['OnCalendar=daily', /; write "0 0 \* \* \*"$/],
  ['OnCalendar=Mon..Fri 09:00', /; write "0 9 \* \* mon-fri"$/],
  ['CRON_TZ=UTC 0 5 * * *', /; write "0 5 \* \* \*", and "time_zone: UTC"$/],
  ['0 5 * * * Europe/Berlin', /; write "0 5 \* \* \*", and "time_zone: Europe\/Berlin"$/],
  ['"0 5 * * *"', /; write "0 5 \* \* \*"$/],
  ['0 5 * * *;', /; write "0 5 \* \* \*"$/],
  ['0,5,*,*,*', /separated by blanks; write "0 5 \* \* \*"$/],
  ['schedule: 0 5 * * *', /; write "0 5 \* \* \*"$/],
  ['P1M', /the nearest that cron can is "0 0 1 \* \*"/],
  ['P3M', /the nearest that cron can is "0 0 1 \*\/3 \*"/],
  ['P5M', /begins anew each year/],
  ['P2W', /counts no weeks/],
  ['R/2026-01-01T00:00:00Z/PT1H', /the nearest that cron can is "0 \* \* \* \*"/],
  ['@every 30s', /full minute.*"service: true"/],
  ['@every 1h0m0s', /the nearest that cron can is "0 \* \* \* \*"/],
  ['every other day', /begins anew each month/],
  ['every half hour', /the nearest that cron can is "\*\/30 \* \* \* \*"/],
  ['twice a day', /the nearest that cron can is "0 0,12 \* \* \*"/],
  ['fortnightly', /counts no weeks/],
  ['hourly at 15', /; write "15 \* \* \* \*"$/],
  ['every hour at :15', /; write "15 \* \* \* \*"$/],
  ['weekly on sunday at 4', /; write "0 4 \* \* sun"$/],
  ['every morning', /names no time of the day/],
  ['at reboot', /; write "@reboot"$/],
  ['@startup', /; write "@reboot"$/],
  ['@Daily', /small letters only; write "@daily"$/],
  ['never', /leave "schedule" out/],
  ['25:00', /"25:00" is no time of a day/],
  ['13 pm', /"13pm" is no time of a day/],
  ['H H(0-7) * * *', /"H\(0-7\)" has an "H" \(Jenkins/],
  ['FREQ=DAILY;INTERVAL=1', /rule of calendars/],
  ['RRULE:FREQ=WEEKLY;BYDAY=MO', /rule of calendars/],
  ['$SCHEDULE', /"\$SCHEDULE" is a template that was not filled in/],
  ['$MIN 5 * * *', /"\$MIN" is a template/],
  ['{{ sched }}', /is a template that was not filled in: render it first/],
  ['5 4 * *', /found 4; one is missing, and "\*" stands for any$/],
  ['lun 08:00', /"30 2 \* \* 1-5", for instance, is 02:30 from Monday to Friday$/],
];

for (const [text, words] of table) test(`"${text}" is answered`, () => assert.match(said(text), words));

test('the suggested tests of a date pass on the named days and on no others', () => {
  const days = Array.from({ length: 60 }, (_, at) => new Date(Date.UTC(2027, 0, 31 + at)).toISOString().slice(0, 10));
  const asked: readonly (readonly [string, (date: Date) => boolean])[] = [
    ['last friday of month 18:00', (date) => date.getUTCDay() === 5 && monthIn(date, 7) !== date.getUTCMonth()],
    ['last sunday of month 18:00', (date) => date.getUTCDay() === 0 && monthIn(date, 7) !== date.getUTCMonth()],
    ['last day of month', (date) => monthIn(date, 1) !== date.getUTCMonth()],
    ['second tuesday of the month at 9', (date) => date.getUTCDay() === 2 && Math.ceil(date.getUTCDate() / 7) === 2],
  ];
  for (const [text, isMeant] of asked) {
    const [, first, last, guard = ''] = /take the days (\d+)-(\d+).*sh -c '(.*) exec COMMAND'/.exec(said(text)) ?? [];
    const inSpan = days.filter((day) => Number(day.slice(8)) >= Number(first) && Number(day.slice(8)) <= Number(last));
    // The guard as it is, but for the day that date(1) takes for today.
    const dated = guard
      .replace(/date -d ("?)(\w[^")]*?)"? \+/g, 'date -d "$day $2" +')
      .replaceAll('date +', 'date -d "$day" +');
    const script = `for day; do (${dated} echo "$day"); done`;
    const passed = execFileSync('sh', ['-c', script, 'sh', ...inSpan], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    assert.deepEqual(
      passed.split('\n').filter(Boolean),
      days.filter((day) => isMeant(new Date(day))),
      text,
    );
  }
});

function monthIn(date: Date, days: number): number {
  return new Date(date.getTime() + days * 86_400_000).getUTCMonth();
}

test('no message consists only of a number of terms', () => {
  const word = fc.constantFrom(
    'every',
    'at',
    '5',
    '*',
    'mon',
    'day',
    '12:30',
    'first',
    'of',
    'PT',
    '?',
    'rate(x)',
    '=',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 9 }), (words) => {
      assert.doesNotMatch(said(words.join(' ')), /found \d+$/);
    }),
    { numRuns: 2000 },
  );
});
