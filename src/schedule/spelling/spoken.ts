/**
 * Translates schedules in plain English: `sat,sun 20:15`, `first monday of the month at 9`,
 * `quarterly`. A text with a word that is not known is not translated.
 */
import { lastDayWords, lastWeekdayWords, nthWeekdayWords } from './guard.ts';
import { eitherDay, notFiveTerms, type Reading, weekdayNumber, weekdayTerm } from './reading.ts';

/** Phrases that are looked up as a whole. */
const phrases: Readonly<Record<string, string>> = {
  minutely: '* * * * *',
  nightly: '0 0 * * *',
  quarterly: '0 0 1 1,4,7,10 *',
  semiannually: '0 0 1 1,7 *',
  'semi-annually': '0 0 1 1,7 *',
  'half-yearly': '0 0 1 1,7 *',
  'twice yearly': '0 0 1 1,7 *',
  'twice year': '0 0 1 1,7 *',
  'half-hourly': '0,30 * * * *',
  reboot: '@reboot',
  startup: '@reboot',
  boot: '@reboot',
};

const byHand = 'leave "schedule" out: such a job is started by hand';
const noMoment = 'it names no time of the day, such as 06:00';
const noWeeks =
  'cron knows the weekdays and counts no weeks; write one for each week, and let the command look at the date';

const reasons: Readonly<Record<string, string>> = {
  ...of('never manual manually none off disabled no ondemand', byHand),
  ...of('once', 'cron starts jobs again and again; what runs once is started by hand, or by at(1)'),
  ...of('always continuous continuously permanent permanently forever', 'what must stay up is a "service: true"'),
  ...of('morning mornings afternoon afternoons evening evenings', noMoment),
  ...of('biweekly fortnightly fortnight', noWeeks),
  ...of('secondly', 'cron starts jobs at the full minute; what is to go on all the time is a "service: true"'),
  ...of('sunrise sunset dawn dusk', 'cron knows only the time of the clock'),
};

function of(names: string, words: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, words]));
}

/** Returns `undefined` if a word is not known. */
export function spokenReading(text: string): Reading | undefined {
  const what = notFiveTerms(text);
  const plain = normal(text);
  if (Object.hasOwn(phrases, plain)) return { what, write: phrases[plain] ?? '' };
  const why = plain.split(' ').find((word) => Object.hasOwn(reasons, word));
  if (why !== undefined) return { what, why: reasons[why] ?? '' };
  const strange = plain
    .split(/[ ,]/)
    .find((word) => /^(?:\d{1,2}[:.]\d\d|\d{1,2}(?=[ap]m))(?:[ap]m)?$/.test(word) && timeOf(word, true) === undefined);
  if (strange !== undefined) return { what, why: `"${strange}" is no time of a day, which are 00:00 to 23:59` };
  const twice = timesADay(plain);
  if (twice !== undefined) return { what, ...twice };
  const asked = understand(plain.split(' '));
  return asked === undefined ? undefined : reading(ofMonth(asked), what);
}

/** The text in small letters, with lists and ranges without blanks, and without filler words. */
function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/^@|[.;]$/g, '')
    .replace(/([a-z])\/([a-z])/g, '$1,$2')
    .replace(/\bonce (?:an?|per|each|every) /, '')
    .replace(/ ?(?:,| and |&) ?(?:and )?/g, ',')
    .replace(/([a-z]) ?(?: to | through | until |-) ?([a-z])/g, '$1-$2')
    .replace(/\bon-demand|on demand\b/, 'ondemand')
    .replace(/(\d) (am|pm)\b/g, '$1$2')
    .replace(/\b(?:every|each|on|the|of|a|an|in|system|per) /g, '')
    .replace(/^at (?=[a-z])/, '')
    .trim();
}

/** Recognises `twice daily` and `3 times a day`, which don't say at which times. */
function timesADay(plain: string): { readonly write: string; readonly near: string } | undefined {
  const [, count = '', unit = ''] = /^(twice|\d{1,2}x|\d{1,2} times) (day|daily|hour|hourly)$/.exec(plain) ?? [];
  const times = count === 'twice' ? 2 : Number.parseInt(count, 10);
  const size = unit.startsWith('d') ? 24 : 60;
  if (count === '' || times < 2 || size % times !== 0) return undefined;
  const list = Array.from({ length: times }, (_, at) => (at * size) / times).join(',');
  return size === 24
    ? { write: `0 ${list} * * *`, near: 'the hours are yours to choose' }
    : { write: `${list} * * * *`, near: 'the minutes are yours to choose' };
}

interface Asked {
  unit?: string;
  weekday?: string;
  times?: readonly Time[];
  minute?: number;
  /** Days of the month, or an ordinal: `last`, or first to fifth. */
  days?: string;
  nth?: number | 'last';
  months?: string;
}

interface Time {
  readonly hour: number;
  readonly minute: number;
}

/** Puts each word in one place that is still empty. */
function understand(words: readonly string[]): Asked | undefined {
  const asked: Asked = {};
  for (const [index, word] of words.entries()) {
    const found = word === 'at' ? {} : meaning(word, { before: words[index - 1], after: words[index + 1], asked });
    if (found === undefined || Object.keys(found).some((key) => key in asked)) return undefined;
    Object.assign(asked, found);
  }
  return asked;
}

/** Reads `first of the month` as its first day. */
function ofMonth(asked: Asked): Asked {
  const isAlone =
    asked.nth !== undefined && [asked.weekday, asked.days, asked.unit].every((part) => part === undefined);
  return isAlone ? { ...asked, days: String(asked.nth) } : asked;
}

const unitWords: Readonly<Record<string, string>> = {
  ...of('minute', 'minute'),
  ...of('hour hourly', 'hour'),
  ...of('day daily everyday night nightly', 'day'),
  ...of('week weekly', 'week'),
  ...of('month monthly', 'month'),
  ...of('year yearly annually annual', 'year'),
};

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth'];

interface Around {
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly asked: Asked;
}

function meaning(word: string, how: Around): Asked | undefined {
  const isHourly = how.asked.unit === 'hour';
  if (Object.hasOwn(unitWords, word)) return ofUnit(unitWords[word] ?? '', how.asked);
  if (isHourly && /^:?[0-5]?\d$/.test(word)) return { minute: Number(word.replace(':', '')) };
  const times = readTimes(word, how.before === 'at');
  if (times !== undefined) return { times };
  if (word === 'last') return { nth: 'last' };
  if (ordinals.includes(word)) return { nth: ordinals.indexOf(word) + 1 };
  if (/^[1-5](?:st|nd|rd|th)$/.test(word) && weekdayNumber(how.after ?? '') !== undefined)
    return { nth: Number(word[0]) };
  if (/^\d{1,2}(?:st|nd|rd|th)(?:,\d{1,2}(?:st|nd|rd|th))*$/.test(word)) return { days: word.replace(/[a-z]/g, '') };
  const weekday = dayGroup(word) ?? weekdayTerm(word);
  if (weekday !== undefined) return { weekday };
  const months = monthsOf(word);
  return months === undefined ? undefined : { months };
}

/**
 * Recognises words that add nothing: `day of month` behind `first` or `last`, and `month` behind a
 * day.
 */
function ofUnit(unit: string, { nth, days, unit: present }: Asked): Asked {
  if (unit === 'day' && nth !== undefined) return { days: String(nth) };
  const isBesideDay = (nth !== undefined || days !== undefined) && unit === 'month' && present === undefined;
  return isBesideDay ? {} : { unit };
}

function dayGroup(word: string): string | undefined {
  if (/^(?:week|work|working|business)-?days?$/.test(word)) return '1-5';
  return /^weekends?$/.test(word) ? '0,6' : undefined;
}

const monthNames = 'january february march april may june july august september october november december'.split(' ');

function monthsOf(word: string): string | undefined {
  const items = word.split(',').map((item) => monthNames.findIndex((name) => item.length > 2 && name.startsWith(item)));
  return items.includes(-1) ? undefined : items.map((at) => at + 1).join(',');
}

/** Parses a time; a bare number is an hour only behind `at`. */
function readTimes(word: string, isAfterAt: boolean): readonly Time[] | undefined {
  const times = word.split(',').map((item) => timeOf(item, isAfterAt));
  return times.some((time) => time === undefined) ? undefined : times.filter((time) => time !== undefined);
}

function timeOf(item: string, isAfterAt: boolean): Time | undefined {
  if (item === 'noon' || item === 'midday') return { hour: 12, minute: 0 };
  if (item === 'midnight') return { hour: 0, minute: 0 };
  const [, hours = '', minutes, suffix = ''] = /^(\d{1,2})(?:[:.h](\d\d)(?::00)?)?(am|pm|h)?$/.exec(item) ?? [];
  if (hours === '' || (minutes === undefined && suffix === '' && !isAfterAt)) return undefined;
  const isHalf = suffix === 'am' || suffix === 'pm';
  if (isHalf && (Number(hours) > 12 || Number(hours) === 0)) return undefined;
  const hour = isHalf ? (Number(hours) % 12) + (suffix === 'pm' ? 12 : 0) : Number(hours);
  const minute = Number(minutes ?? 0);
  return hour > 23 || minute > 59 ? undefined : { hour, minute };
}

function reading(asked: Asked, what: string): Reading | undefined {
  const { unit, weekday, minute, months = '*' } = asked;
  if (unit === 'minute' || unit === 'hour') {
    if (Object.keys(asked).some((key) => key !== 'unit' && key !== 'minute')) return undefined;
    return { what, write: unit === 'minute' ? '* * * * *' : `${minute ?? 0} * * * *` };
  }
  const clock = clockOf(asked.times ?? [{ hour: 0, minute: 0 }]);
  if (clock === undefined)
    return { what, why: 'the five terms can not name these times together; write a job for each' };
  const special = unlikeCron(asked);
  if (special !== undefined) return { what, why: special };
  const day = asked.days ?? (unit === 'month' || unit === 'year' || months !== '*' ? '1' : '*');
  const month = unit === 'year' && months === '*' ? '1' : months;
  if (day !== '*' && weekday !== undefined) return asked.days === undefined ? undefined : { what, why: eitherDay };
  if (unit === undefined && weekday === undefined && day === '*' && asked.times === undefined) return undefined;
  return { what, write: `${clock} ${day} ${month} ${weekday ?? (unit === 'week' ? '1' : '*')}` };
}

/** The first two terms for some times; `undefined` if the terms would mean other times as well. */
function clockOf(times: readonly Time[]): string | undefined {
  const ascending = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b);
  const minutes = ascending(times.map(({ minute }) => minute));
  const hours = ascending(times.map(({ hour }) => hour));
  const asked = new Set(times.map(({ hour, minute }) => hour * 60 + minute));
  return minutes.length * hours.length === asked.size ? `${minutes.join(',')} ${hours.join(',')}` : undefined;
}

function unlikeCron({ nth, weekday, days, unit }: Asked): string | undefined {
  if (nth === undefined) return undefined;
  if (days === 'last') return `cron does not know the last day of a month; ${lastDayWords}`;
  if (days !== undefined) return undefined;
  const number = weekday === undefined ? undefined : weekdayNumber(weekday);
  if (number === undefined)
    return unit === undefined ? undefined : 'cron knows only the day of the month and the weekday';
  const start = 'cron does not know the first, second or last weekday of a month';
  return `${start}; ${nth === 'last' ? lastWeekdayWords(number) : nthWeekdayWords(nth, number)}`;
}
