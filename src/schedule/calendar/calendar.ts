/**
 * Reads OnCalendar= of systemd.time(7) as systemd itself does (calendarspec.c), to the second.
 *
 * `spelling/calendar.ts` guesses what a person meant by such a text in a job file; this reading is
 * exact, because the starts of a timer are compared with those of the job that it becomes.
 */

/** `start`, `start..stop`, or with `/repeat`. Without a stop a repetition goes on to the end. */
interface Item {
  readonly start: number;
  readonly stop: number | undefined;
  /** 0: only `start`. */
  readonly repeat: number;
}

/** `undefined`: every value. */
export type Chain = readonly Item[] | undefined;

export interface Calendar {
  readonly written: string;
  /** 0-6, Sunday is 0. */
  readonly weekdays: readonly number[];
  readonly year: Chain;
  readonly month: Chain;
  readonly day: Chain;
  /** The days are counted from the end of the month: 1 is the last. */
  readonly fromEnd: boolean;
  readonly hour: Chain;
  readonly minute: Chain;
  readonly second: Chain;
  /** A name of a time zone, `UTC`, or absent for the host's. */
  readonly zone?: string;
}

export type CalendarAnswer =
  | { readonly ok: true; readonly calendar: Calendar }
  | { readonly ok: false; readonly message: string };

const words: Readonly<Record<string, string>> = {
  minutely: '*-*-* *:*:00',
  hourly: '*-*-* *:00:00',
  daily: '*-*-* 00:00:00',
  monthly: '*-*-01 00:00:00',
  weekly: 'Mon *-*-* 00:00:00',
  yearly: '*-01-01 00:00:00',
  annually: '*-01-01 00:00:00',
  anually: '*-01-01 00:00:00',
  quarterly: '*-01,04,07,10-01 00:00:00',
  semiannually: '*-01,07-01 00:00:00',
  'semi-annually': '*-01,07-01 00:00:00',
  biannually: '*-01,07-01 00:00:00',
  'bi-annually': '*-01,07-01 00:00:00',
};

/** `isZone`: true for the name of a time zone of this host. */
export function parseCalendar(written: string, isZone: (name: string) => boolean): CalendarAnswer {
  if (written.length > 1000) return { ok: false, message: 'it is too long for a calendar event of systemd' };
  const [, before = written, last] = /^(.*) ([^ ]+)$/.exec(written) ?? [];
  const zone = last !== undefined && (/^utc$/i.test(last) || isZone(last)) ? last : undefined;
  const text = zone === undefined ? written : before;
  const named = Object.hasOwn(words, text.toLowerCase()) ? words[text.toLowerCase()] : undefined;
  const read = text === '' ? undefined : readParts(named ?? text);
  if (read === undefined) return { ok: false, message: `"${written}" is not a calendar event of systemd` };
  const ofZone = zone === undefined ? {} : { zone: /^utc$/i.test(zone) ? 'UTC' : zone };
  return { ok: true, calendar: { written, ...read, ...ofZone } };
}

type Parts = Omit<Calendar, 'written' | 'zone'>;

function readParts(text: string): Parts | undefined {
  const [, names = '', rest = ''] = /^([a-z](?:[a-z.,-]*[a-z.,-])?)?(?: +|$)?(.*)$/i.exec(text) ?? [];
  const weekdays = names === '' ? [0, 1, 2, 3, 4, 5, 6] : weekdaysOf(names);
  if (weekdays === undefined || (names !== '' && rest !== '' && text[names.length] !== ' ')) return undefined;
  const [, date, time] = /^(?:([^ :]*[-~][^ :]*)(?: +|$))?([^ ]*)$/.exec(rest) ?? [];
  if (time === undefined) return undefined;
  const dated = readDate(date);
  const timed = readTime(time);
  return dated === undefined || timed === undefined ? undefined : { weekdays, ...dated, ...timed };
}

/** In the order of a week that begins on Monday: a range can't go from Sunday to Monday. */
const dayNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

function weekdaysOf(text: string): readonly number[] | undefined {
  const found = new Set<number>();
  for (const range of text.replace(/,$/, '').split(',')) {
    const ends = range.split(/\.\.|-/).map((name) => {
      const lower = name.toLowerCase();
      return dayNames.findIndex((day) => day === lower || day.slice(0, 3) === lower);
    });
    const [from = -1, to = from] = ends;
    if (ends.length > 2 || from < 0 || to < from) return undefined;
    for (let day = from; day <= to; day++) found.add((day + 1) % 7);
  }
  return [...found].sort((a, b) => a - b);
}

const forever: Pick<Parts, 'year' | 'month' | 'day' | 'fromEnd'> = {
  ...{ year: undefined, month: undefined, day: undefined, fromEnd: false },
};

function readDate(text: string | undefined): typeof forever | undefined {
  if (text === undefined) return forever;
  const [, year = '*', month = '', sign, day = ''] = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text) ?? [];
  const fromEnd = sign === '~';
  // Each month has a 28th last day.
  const chains = [chainOf(year, [0, 2199]), chainOf(month, [1, 12]), chainOf(day, [1, fromEnd ? 28 : 31])];
  if (chains.includes(null) || (fromEnd && !chains[2]?.every(mayStepToTheEnd))) return undefined;
  const [years, months, days] = chains as readonly Chain[];
  return { year: years?.map(fullYear), month: months, day: days, fromEnd };
}

function mayStepToTheEnd({ start, stop, repeat }: Item): boolean {
  return stop !== undefined || start - repeat >= 1;
}

/** Years of two digits are those from 1970 to 2069. */
function fullYear({ start, stop, repeat }: Item): Item {
  const full = (year: number) => (year < 70 ? year + 2000 : year < 100 ? year + 1900 : year);
  return { start: full(start), stop: stop === undefined ? undefined : full(stop), repeat };
}

function readTime(text: string): Pick<Parts, 'hour' | 'minute' | 'second'> | undefined {
  if (text === '') return { hour: only(0), minute: only(0), second: only(0) };
  const [hour = '', minute, second = '0', ...more] = text.split(':');
  if (minute === undefined || more.length > 0) return undefined;
  const chains = [chainOf(hour, [0, 23]), chainOf(minute, [0, 59]), secondsOf(second)];
  if (chains.includes(null)) return undefined;
  const [hours, minutes, seconds] = chains as readonly Chain[];
  return { hour: hours, minute: minutes, second: seconds };
}

/** Fractions of a second are cut off: cron knows minutes only. */
function secondsOf(text: string): Chain | null {
  if (/\/0*\.\d/.test(text)) return undefined;
  return chainOf(text.replaceAll(/\.\d{1,6}(?!\d)(?!\.\d)/g, ''), [0, 59]);
}

function only(start: number): Chain {
  return [{ start, stop: undefined, repeat: 0 }];
}

/** `null` for a text that is no list of values. */
function chainOf(text: string, [low, high]: readonly [number, number]): Chain | null {
  if (text === '*') return undefined;
  const items = text.split(',').map((one): Item | null => {
    const [, first, last, step] = /^(\d{1,6})(?:\.\.(\d{1,6}))?(?:\/(\d{1,6}))?$/.exec(one) ?? [];
    if (first === undefined) return null;
    const [start, stop] = [Number(first), last === undefined ? undefined : Number(last)];
    const repeat = step === undefined ? (stop === undefined ? 0 : 1) : Number(step);
    if (start < low || start > high || (step !== undefined && repeat === 0)) return null;
    if (stop !== undefined && (stop < start || stop > high)) return null;
    // A step without an end must fit in; days from the end step the other way.
    const isOpen = stop === undefined && repeat > 0;
    if (isOpen && high !== 28 && high !== 2199 && start + repeat > high) return null;
    return itemOf(start, stop, repeat);
  });
  return items.includes(null) ? null : (items as readonly Item[]);
}

/** A range ends with its last step, and is one value if it is too short for any. */
function itemOf(start: number, stop: number | undefined, repeat: number): Item {
  const last = stop === undefined || repeat === 0 ? stop : stop - ((stop - start) % repeat);
  return last === start ? { start, stop: undefined, repeat: 0 } : { start, stop: last, repeat };
}

/** The values of a chain from `low` to `high`, ascending. */
export function valuesOf(chain: Chain, low: number, high: number): readonly number[] {
  if (chain === undefined) return Array.from({ length: high - low + 1 }, (_, at) => low + at);
  const found = new Set<number>();
  for (const { start, stop = high, repeat } of chain) {
    for (let value = start; value <= (repeat === 0 ? start : Math.min(stop, high)); value += repeat || 1)
      if (value >= low && value <= high) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}
