/**
 * Parses a zone's rule in POSIX form (`CET-1CEST,M3.5.0,M10.5.0/3`), which ends a zone file and
 * holds for all years after its table.
 */

export interface PosixRule {
  /** Seconds east of Greenwich at a moment, in seconds since 1970. */
  offsetAt(atSeconds: number): number;
  /**
   * The moments of one year (of standard time) at which the offset changes, ascending; none without
   * daylight saving time.
   */
  changesIn(year: number): readonly RuleChange[];
  /** The numbers of the rule, equal for two rules that mean the same. */
  readonly law: string;
}

interface RuleChange {
  readonly atSeconds: number;
  /** Seconds east of Greenwich from then on. */
  readonly offset: number;
}

const name = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)';
const time = '[+-]?\\d{1,3}(?::\\d\\d){0,2}';
const date = '(?:M\\d{1,2}\\.[1-5]\\.[0-6]|J?\\d{1,3})';
const zone = new RegExp(`^${name}(${time})(?:${name}(${time})?,(${date})(?:/(${time}))?,(${date})(?:/(${time}))?)?$`);

const hour = 3600;
const day = 86_400;

/** Returns `undefined` for a text that is no such rule. */
export function parsePosixRule(text: string): PosixRule | undefined {
  const parts = zone.exec(text);
  if (parts?.[1] === undefined) return undefined;
  const [, standardText, summerText, startDate, startTime, endDate, endTime] = parts;
  // POSIX counts west of Greenwich as positive.
  const standard = 0 - seconds(standardText);
  if (startDate === undefined || endDate === undefined) {
    return { offsetAt: () => standard, changesIn: () => [], law: JSON.stringify([standard]) };
  }
  const summer = summerText === undefined ? standard + hour : 0 - seconds(summerText);
  const [startOfDay, endOfDay] = [seconds(startTime ?? '2'), seconds(endTime ?? '2')];
  const known = new Map<number, readonly RuleChange[]>();
  const changesIn = (year: number) => {
    const changes = known.get(year) ?? [
      // If summer time ends and starts at the same moment it lasts all year (RFC 8536, 3.3.1), so
      // the start comes last.
      { atSeconds: dateIn(year, endDate) + endOfDay - summer, offset: standard },
      { atSeconds: dateIn(year, startDate) + startOfDay - standard, offset: summer },
    ];
    known.set(year, changes);
    return changes;
  };
  return {
    changesIn: (year) => [...changesIn(year)].sort((a, b) => a.atSeconds - b.atSeconds),
    // A change may be in the neighbouring year, because its time may be up to a week before or
    // after the day that the rule names.
    offsetAt(at) {
      const year = new Date((at + standard) * 1000).getUTCFullYear();
      const last = [year - 1, year, year + 1]
        .flatMap(changesIn)
        .filter(({ atSeconds }) => atSeconds <= at)
        .reduce((latest, change) => (change.atSeconds >= latest.atSeconds ? change : latest), nothingYet);
      return last.offset;
    },
    law: JSON.stringify([standard, summer, startDate, startOfDay, endDate, endOfDay]),
  };
}

const nothingYet: RuleChange = { atSeconds: Number.NEGATIVE_INFINITY, offset: 0 };

function seconds(text: string): number {
  const [hours = 0, minutes = 0, rest = 0] = text
    .replace(/^[+-]/, '')
    .split(':')
    .map((part) => Number.parseInt(part, 10));
  const total = hours * hour + minutes * 60 + rest;
  return text.startsWith('-') ? 0 - total : total;
}

/**
 * Midnight UTC of the day that the rule names: month.week.day, or day of the year with (N) or
 * without (JN) 29 February.
 */
function dateIn(year: number, rule: string): number {
  const newYear = Date.UTC(year, 0, 1) / 1000;
  if (!rule.startsWith('M')) {
    const count = Number.parseInt(rule.replace('J', ''), 10);
    if (!rule.startsWith('J')) return newYear + count * day;
    return newYear + (count - 1 + (count > 59 && isLeap(year) ? 1 : 0)) * day;
  }
  const [month = 1, week = 1, weekday = 0] = rule.slice(1).split('.').map(Number);
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const candidate = 1 + ((weekday - first + 7) % 7) + (week - 1) * 7;
  // Week 5 means the last week.
  const dayOfMonth = candidate > daysInMonth ? candidate - 7 : candidate;
  return Date.UTC(year, month - 1, dayOfMonth) / 1000;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
