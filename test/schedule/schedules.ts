/**
 * Generates schedules for property tests: sound ones together with what they mean, and near misses.
 */
import fc from 'fast-check';

export interface Made {
  readonly text: string;
  /** The numbers of the term, ascending; computed without our parser. */
  readonly values: readonly number[];
}

export interface MadeSchedule {
  readonly text: string;
  readonly terms: readonly Made[];
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly words?: readonly string[];
}

const minute: Range = { low: 0, high: 59 };
const hour: Range = { low: 0, high: 23 };
const day: Range = { low: 1, high: 31 };
const month: Range = { low: 1, high: 12, words: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') };
const weekday: Range = { low: 0, high: 7, words: 'sun mon tue wed thu fri sat'.split(' ') };
const ranges = [minute, hour, day, month, weekday];

/** A schedule of the grammar; it may still never run (30 February). */
export const schedule: fc.Arbitrary<MadeSchedule> = scheduleOf(ranges.map(termOf));

/** One whose runs lie often in the hours in which clocks are changed. */
export const nightSchedule: fc.Arbitrary<MadeSchedule> = scheduleOf([
  termOf(minute),
  fc.oneof(
    termOf({ low: 0, high: 4 }).filter(({ text }) => !text.includes('*')),
    termOf(hour),
  ),
  mostlyStar(day),
  mostlyStar(month),
  mostlyStar(weekday),
]);

function scheduleOf(terms: readonly fc.Arbitrary<Made>[]): fc.Arbitrary<MadeSchedule> {
  return fc.tuple(...terms).map((made) => ({ text: made.map(({ text }) => text).join(' '), terms: made }));
}

function mostlyStar(range: Range): fc.Arbitrary<Made> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(stepped('*', range, [range.low, range.high, 1])) },
    termOf(range),
  );
}

function termOf(range: Range): fc.Arbitrary<Made> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(stepped('*', range, [range.low, range.high, 1])) },
    fc.array(itemOf(range), { minLength: 1, maxLength: 4 }).map((items) => ({
      text: items.map(({ text }) => text).join(','),
      values: [...new Set(items.flatMap(({ values }) => values))].sort((a, b) => a - b),
    })),
  );
}

function itemOf(range: Range): fc.Arbitrary<Made> {
  const number = fc.integer({ min: range.low, max: range.high });
  const pair = fc.tuple(number, number).map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]));
  const wide = pair.filter(([from, to]) => from < to);
  const seed = fc.nat({ max: 10_000 });
  const spelled = fc.tuple(seed, seed);
  return fc.oneof(
    fc.tuple(number, seed).map(([value, how]) => stepped(spell(value, range, how), range, [value, value, 1])),
    fc
      .tuple(pair, spelled)
      .map(([[from, to], [one, two]]) =>
        stepped(`${spell(from, range, one)}-${spell(to, range, two)}`, range, [from, to, 1]),
      ),
    fc.tuple(wide, seed, spelled).map(([[from, to], seedOfStep, [one, two]]) => {
      const step = 1 + (seedOfStep % (to - from));
      return stepped(`${spell(from, range, one)}-${spell(to, range, two)}/${step}`, range, [from, to, step]);
    }),
    seed.map((seedOfStep) => {
      const step = 1 + (seedOfStep % (range.high - range.low));
      return stepped(`*/${step}`, range, [range.low, range.high, step]);
    }),
  );
}

function stepped(text: string, range: Range, [from, to, step]: readonly [number, number, number]): Made {
  const values = new Set<number>();
  for (let value = from; value <= to; value += step) values.add(range === weekday ? value % 7 : value);
  return { text, values: [...values].sort((a, b) => a - b) };
}

/**
 * As a number, with a leading zero, or as a word in any case. Sunday stays a number, because `sun`
 * means 0 to one cron and 7 to another.
 */
function spell(value: number, range: Range, how: number): string {
  const word = range.words?.[value - range.low];
  if (word !== undefined && word !== 'sun' && how % 3 === 0) return how % 2 === 0 ? word : word.toUpperCase();
  return how % 5 === 0 ? String(value).padStart(2, '0') : String(value);
}

const slips = [...'0123456789', ...'*/-,0257', ...' \t#~?LWH%=@.+;', '60', '31', 'sun', 'feb', 'monday'];

/** A schedule with one or two slips of the pen. */
export const nearSchedule: fc.Arbitrary<string> = fc
  .tuple(
    schedule,
    fc.array(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(...slips), fc.boolean()), { minLength: 1, maxLength: 2 }),
  )
  .map(([{ text }, slipped]) =>
    slipped.reduce((edited, [where, slip, replaces]) => splice(edited, slip, { where, replaces }), text),
  );

function splice(text: string, slip: string, edit: { where: number; replaces: boolean }): string {
  const at = edit.where % (text.length + 1);
  return text.slice(0, at) + slip + text.slice(at + (edit.replaces ? 1 : 0));
}
