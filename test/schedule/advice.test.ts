/**
 * The suggestion for a schedule that cron refuses runs at the times that were meant, or is called
 * the nearest, or there is none.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Expression, parseExpression } from '../../src/schedule/expression.ts';

function said(text: string): string {
  const answer = parseExpression(text);
  return answer.ok ? 'accepted' : answer.problems.map(({ message }) => message).join('\n');
}

function accepted(text: string): Expression {
  const answer = parseExpression(text);
  assert.ok(answer.ok, `${text}: ${said(text)}`);
  return answer.expression;
}

const ranges = [
  { low: 0, last: 59, words: [] },
  { low: 0, last: 23, words: [] },
  { low: 1, last: 31, words: [] },
  { low: 1, last: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { low: 0, last: 6, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const;

/** The numbers that a person means by a term: ranges may wrap, `5/10` is from 5 on. */
function meant(term: string, index: number): ReadonlySet<number> {
  const { low, last, words } = ranges[index] ?? assert.fail();
  const size = last - low + 1;
  const value = (text: string) => {
    const word = (words as readonly string[]).indexOf(text.slice(0, 3).toLowerCase());
    return word >= 0 ? low + word : index === 4 ? Number(text) % 7 : Number(text);
  };
  const found = new Set<number>();
  for (const item of term.split(',').filter((one) => one !== '')) {
    const [span = '', step] = item.split('/');
    const [from = '', to] = span.split('-');
    const all = span === '*' || span === '?';
    const start = all ? low : value(from);
    const isWholeWeek = index === 4 && to === '7' && start === 0 && from !== '7';
    const end = all || (to === undefined && step !== undefined) || isWholeWeek ? last : value(to ?? from);
    const length = end >= start ? end - start : end - start + size;
    for (let at = 0; at <= length; at += Number(step ?? 1)) found.add(((start - low + at) % size) + low);
  }
  return found;
}

/** The days 1 to 31 with their weekdays that match by cron's rule for the two day terms. */
function firingDays(days: ReadonlySet<number>, weekdays: ReadonlySet<number>, starred: boolean): string {
  const matches = (day: number, weekday: number) =>
    starred ? days.has(day) && weekdays.has(weekday) : days.has(day) || weekdays.has(weekday);
  return Array.from({ length: 31 * 7 }, (_, at) => Number(matches(1 + Math.floor(at / 7), at % 7))).join('');
}

function meaningOf(terms: readonly string[]): unknown {
  const [minutes, hours, days, months, weekdays] = terms.map(meant);
  if (!minutes || !hours || !days || !months || !weekdays) return assert.fail();
  const starred = [terms[2], terms[4]].some((term) => /^[*?]/.test(term ?? ''));
  return [[...minutes].sort(), [...hours].sort(), [...months].sort(), firingDays(days, weekdays, starred)];
}

function meaningOfAccepted({ minutes, hours, days, months, weekdays, dayStar, weekdayStar }: Expression): unknown {
  const fires = firingDays(new Set(days), new Set(weekdays), dayStar || weekdayStar);
  return [[...minutes].sort(), [...hours].sort(), [...months].sort(), fires];
}

/**
 * True if no date is meant, such as 30 February: a suggestion for one term can't fix that, so it is
 * refused in turn.
 */
function neverComes(terms: readonly string[]): boolean {
  const [, , days, months, weekdays] = terms.map(meant);
  const isEither = !/^[*?]/.test(terms[2] ?? '') && !/^[*?]/.test(terms[4] ?? '');
  if (!days || !months || !weekdays || (isEither && weekdays.size > 0)) return false;
  const lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return ![...months].some((month) => [...days].some((day) => day <= (lengths[month - 1] ?? 0)));
}

function item(index: number): fc.Arbitrary<string> {
  const { low, last, words } = ranges[index] ?? assert.fail();
  const long = index === 4 ? ['monday', 'Thurs', 'sunday', 'tues'] : index === 3 ? ['sept', 'January', 'decem'] : [];
  const one = fc.oneof(
    { arbitrary: fc.integer({ min: low, max: index === 4 ? 7 : last }).map(String), weight: 3 },
    ...(words.length > 0 ? [fc.constantFrom(...words, ...long)] : []),
  );
  const step = fc.integer({ min: 1, max: 99 }).map(String);
  return fc.oneof(
    one,
    fc.constant('*'),
    step.map((width) => `*/${width}`),
    fc.tuple(one, step).map(([start, width]) => `${start}/${width}`),
    fc.tuple(one, one).map(([start, end]) => `${start}-${end}`),
    fc.tuple(one, one, step).map(([start, end, width]) => `${start}-${end}/${width}`),
    fc.constant(''),
  );
}

const term = (index: number) =>
  fc.oneof(
    { arbitrary: fc.constant('*'), weight: 2 },
    fc.constant('?'),
    fc.array(item(index), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
  );
const schedule = fc
  .tuple(term(0), term(1), term(2), term(3), term(4))
  .filter((terms) => terms.every((one) => one !== ''));

test('the suggestion for a part of a term is valid in its place and runs at the times that were meant, stars included', () => {
  let offers = 0;
  fc.assert(
    fc.property(schedule, (terms) => {
      const answer = parseExpression(terms.join(' '));
      if (answer.ok || answer.problems.length !== 1) return;
      const [problem] = answer.problems;
      const shape = /^\w+ "([^"]*)" .*; (write|the nearest is) "([^"]+)"(?!.* or ")/.exec(problem?.message ?? '');
      if (shape === null) return;
      const [, part = '', , offer = ''] = shape;
      const text = terms.join(' ');
      const at = (problem?.column ?? 0) - 1;
      const index = text.slice(0, at).split(' ').length - 1;
      const inPlace =
        part === ''
          ? terms.map((one, position) => (position === index ? offer : one)).join(' ')
          : text.slice(0, at) + offer + text.slice(at + part.length);
      if (neverComes(terms)) return assert.ok(!parseExpression(inPlace).ok);
      offers += 1;
      assert.deepEqual(meaningOfAccepted(accepted(inPlace)), meaningOf(terms), `${text} -> ${inPlace}`);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(offers > 500, String(offers));
});

const quartzTerm = (index: number) => {
  const { low, last } = ranges[index] ?? assert.fail();
  const [from, to] = index === 4 ? [1, 7] : [low, last];
  const one = fc.integer({ min: from, max: to });
  const range = fc.tuple(one, one).map((pair) => [...pair].sort((a, b) => a - b).join('-'));
  const names = index === 4 ? [fc.constantFrom('MON', 'SUN', 'MON-FRI', 'TUE,THU')] : [];
  return fc.oneof(
    one.map(String),
    range,
    fc.constant('*'),
    fc.tuple(one, fc.integer({ min: 1, max: 20 })).map((pair) => pair.join('/')),
    fc.tuple(one, one).map(String),
    ...names,
  );
};

/**
 * Quartz counts weekdays from 1, Sunday, and asks for the day or the weekday, the other being `?`.
 */
function meantByQuartz([minute = '', hour = '', day = '', month = '', weekday = '']: readonly string[]): unknown {
  const shifted = weekday
    .split(',')
    .map((one) => (/^\d+\/\d+$/.test(one) ? one.replace('/', '-7/') : one))
    .flatMap((one) => {
      const [, from, to, step = '1'] = /^(\d)(?:-(\d))?(?:\/(\d+))?$/.exec(one) ?? [];
      if (from === undefined) return [one];
      const found = [];
      for (let number = Number(from); number <= Number(to ?? from); number += Number(step))
        found.push(String(number - 1));
      return found;
    })
    .join(',');
  return meaningOf([minute, hour, day, month, shifted]);
}

test('the suggestion for a schedule of Quartz or AWS runs when those would', () => {
  let offers = 0;
  const quartz = fc
    .tuple(quartzTerm(0), quartzTerm(1), quartzTerm(2), quartzTerm(3), quartzTerm(4), fc.boolean(), fc.boolean())
    .map(([minute, hour, day, month, weekday, byDay, isAws]) => {
      const terms = [minute, hour, byDay ? day : '?', month, byDay ? '?' : weekday];
      return { terms, text: isAws ? `cron(${terms.join(' ')} *)` : `0 ${terms.join(' ')}` };
    });
  fc.assert(
    fc.property(quartz, ({ terms, text }) => {
      const offer = /; write "([^"]+)"/.exec(said(text))?.[1];
      if (offer === undefined) return;
      offers += 1;
      assert.deepEqual(meaningOfAccepted(accepted(offer)), meantByQuartz(terms), `${text} -> ${offer}`);
    }),
    { numRuns: 5000 },
  );
  assert.ok(offers > 1000, String(offers));
});

/** [written, suggestion] */
const offered: readonly (readonly [string, string])[] = [
  ['0, 30 2 * * *', '0,30 2 * * *'],
  ['0 ,30 2 * * *', '0,30 2 * * *'],
  ['0 9 * * 1 - 5', '0 9 * * 1-5'],
  ['* / 5 * * * *', '*/5 * * * *'],
  ['0 0 12 * * ?', '0 12 * * *'],
  ['0 0 12 * * ? *', '0 12 * * *'],
  ['0 15 10 ? * MON-FRI', '15 10 * * MON-FRI'],
  ['0 15 10 ? * 2-6', '15 10 * * 1-5'],
  ['0 15 10 ? * 1', '15 10 * * 0'],
  ['0 0/5 14 * * ?', '0-59/5 14 * * *'],
  ['0 */5 * * * *', '*/5 * * * *'],
  ['cron(0 12 * * ? *)', '0 12 * * *'],
  ['0 12 * * ? *', '0 12 * * *'],
  ['0 12 ? * 2-6 *', '0 12 * * 1-5'],
  ['15,45 9-17 ? * MON-FRI *', '15,45 9-17 * * MON-FRI'],
  ['0/10 * ? * 2-6 *', '0-59/10 * * * 1-5'],
  ['0 0 23 ? * FRI-SUN', '0 23 * * 5-6,0'],
  ['0 0 23 ? * SAT-MON', '0 23 * * 6,0-1'],
  ['0 0 23 ? * 6-2', '0 23 * * 5-6,0-1'],
  ['cron(0 10 ? * 2-6 *)', '0 10 * * 1-5'],
  ['*/5 * * * * root /bin/true', '*/5 * * * *'],
  ['0 0 * * * root', '0 0 * * *'],
  ['daily at 5', '0 5 * * *'],
  ['every day at 17:30', '30 17 * * *'],
  ['mondays at 8 am', '0 8 * * mon'],
  ['weekdays at 09:15', '15 9 * * 1-5'],
  ['02:30', '30 2 * * *'],
  ['12 am', '0 0 * * *'],
  ['daily', '0 0 * * *'],
  ['*-*-* 02:30:00', '30 2 * * *'],
  ['Mon..Fri *-*-* 08:00:00', '0 8 * * mon-fri'],
  ['*-*-01 03:00', '0 3 1 * *'],
];

for (const [text, offer] of offered) {
  test(`the suggestion for "${text}" is "${offer}"`, () => {
    assert.match(said(text), new RegExp(`; write "${offer.replace(/[*?]/g, '\\$&')}"$`));
    accepted(offer);
  });
}

test('a suggestion with other times is called the nearest, with the difference', () => {
  assert.match(said('@every 5m'), /the nearest that cron can is "\*\/5 \* \* \* \*": it counts from the full hour/);
  assert.match(said('every 2 hours'), /the nearest that cron can is "0 \*\/2 \* \* \*"/);
  assert.match(said('rate(1 day)'), /the nearest that cron can is "0 0 \* \* \*"/);
  assert.match(said('30 0 12 * * ?'), /the nearest that cron can is "0 12 \* \* \*": .* not 30 seconds later/);
  assert.match(said('0 */24 * * *'), /the nearest is "0", which differs only where the clock is changed/);
});

/** [written, reason why there is no suggestion] */
const without: readonly (readonly [string, RegExp])[] = [
  ['*/10 * * * * *', /cron knows none: it starts jobs at the full minute/],
  ['0 0 12 * * 1', /1 is Sunday to Quartz and Monday to cron/],
  ['0 0 12 L * ?', /nothing like "L"/],
  ['0 0 12 ? * 2#1', /nothing like "2#1"/],
  ['0 0 12 15W * ?', /nothing like "15W"/],
  ['0 0 12 1 1 ? 2027', /knows no years, such as "2027"/],
  ['0 0 12 1 * 2', /1 is Sunday to Quartz/],
  ['@every 7m', /begins anew each hour/],
  ['rate(7 minutes)', /begins anew each hour/],
  ['Mon *-*-01 03:00', /either the day or the weekday matches/],
  ['0 0 */32,1-7 * mon', /nothing else means the same: "\*\/32,1-7" begins with "\*"/],
  ['0 0 1-7 * */9', /nothing else means the same: "\*\/9" begins with "\*"/],
  ['0 24 * * *', /outside 0-23; midnight is 0/],
  ['60 * * * *', /outside 0-59/],
  ['0 0 L * *', /take the days 28-31, and sh -c 'test "\$\(date -d tomorrow \+%d\)" = 01 \|\| exit 0/],
  ['0 9 * * mon#1', /take the days 1-7 and every weekday, and sh -c 'test "\$\(date \+%u\)" = 1 \|\| exit 0/],
  ['0 9 * * fri#3', /take the days 15-21 .* = 5 /],
  ['0 9 * * 2#1', /N is 1 for Monday, 7 for Sunday/],
];

for (const [text, reason] of without) {
  test(`there is no suggestion for "${text}", but a reason`, () => {
    assert.match(said(text), reason);
    assert.doesNotMatch(said(text), /; write "|nearest/);
  });
}

test('the suggestion for a weekday range from Sunday is valid', () => {
  assert.match(said('0 0 * * 7-1'), /runs backwards; write "0-1"$/);
  assert.match(said('0 0 * * monday-friday'), /write "mon-fri"$/);
  assert.match(said('0 0 ? * 1'), /write "\*"$/);
});

test('every text gets an answer, and every complete suggestion is valid', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '0',
      '*',
      '?',
      'mon',
      'daily',
      'at',
      'every',
      '5m',
      'cron(',
      ')',
      '12:30',
      '*-*-*',
      'L',
      'W',
      '@every',
      ',',
      '-',
      '/',
    ),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 9 }), (parts) => {
      const offer = /^(?!\w+ "[^"]*" (?:has|is|runs)).*(?:; write|cron can is) "([^"]+)"/.exec(
        said(parts.join(' ')),
      )?.[1];
      if (offer !== undefined) accepted(offer);
    }),
    { numRuns: 5000 },
  );
});
