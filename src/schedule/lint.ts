/**
 * Warns where a schedule probably means something else than its author meant. cron accepts each of
 * these schedules.
 */
import type { Expression } from './expression.ts';
import { fields } from './fields.ts';
import type { ScheduleProblem } from './term.ts';

/** The warnings that don't depend on the host. */
export function lintExpression(expression: Expression): readonly ScheduleProblem[] {
  if (expression.atBoot) return [];
  return [
    ...dayTerms(expression),
    ...everyMinute(expression),
    ...wholeDays(expression),
    ...unevenSteps(expression),
    ...shortMonths(expression),
  ];
}

/**
 * Warns of two restricted day terms, which cron combines in an unusual way (crontab(5): "if both
 * fields are restricted"; cron.c, find_jobs).
 */
function dayTerms(expression: Expression): readonly ScheduleProblem[] {
  const [, , day, , weekday] = expression.terms;
  const allDays = expression.days.length === 31;
  const allWeekdays = expression.weekdays.length === 7;
  if (expression.dayStar || expression.weekdayStar) {
    if (allDays || allWeekdays) return [];
    const starred = expression.dayStar ? day : weekday;
    return [
      {
        message: `runs only on days that match both "${day.text}" and "${weekday.text}", because cron takes "${starred.text}" for unrestricted: it starts with "*"`,
        column: starred.column,
      },
    ];
  }
  if (allDays || allWeekdays) {
    const full = allDays ? day : weekday;
    const [minute, hour, , month] = expression.terms;
    const spelled = (days: string, weekdays: string) => [minute.text, hour.text, days, month.text, weekdays].join(' ');
    const only = allDays && !allWeekdays ? spelled('*', weekday.text) : spelled(day.text, '*');
    const other = allDays && allWeekdays ? '' : `, and for "${allDays ? weekday.text : day.text}" alone "${only}"`;
    return [
      {
        message: `runs every day, because cron runs a job when either day term matches and "${full.text}" always does; for every day write "${spelled('*', '*')}"${other}`,
        column: full.column,
      },
    ];
  }
  return [
    {
      message: `runs on days that match either "${day.text}" or "${weekday.text}": cron does not ask for both${nthWeekday(expression)}`,
      column: day.column,
    },
  ];
}

/** The advice for days such as 1-7 beside one weekday, which are meant as "the first Monday". */
function nthWeekday({ days, weekdays, terms }: Expression): string {
  const [first = 0] = days;
  const isWeek = days.length === 7 && first % 7 === 1 && days.at(-1) === first + 6;
  const [weekday = 0] = weekdays;
  if (!isWeek || weekdays.length !== 1) return '';
  const [minute, hour, day, month] = terms.map(({ text }) => text);
  const test = `test "$(date +%u)" = ${weekday === 0 ? 7 : weekday} || exit 0`;
  return `; for both, take "${minute} ${hour} ${day} ${month} *" and a command that ends at once on other days: sh -c '${test}; exec COMMAND'`;
}

/**
 * Warns of `* * 1 * *` and `* * * * 0`, which run 1,440 times on each of those days. Adjoining
 * weekdays (`* * * * 1-5`) and days are probably meant.
 */
function wholeDays(expression: Expression): readonly ScheduleProblem[] {
  const { minutes, hours, days, weekdays, terms } = expression;
  if (minutes.length < 60 || hours.length < 24) return [];
  const adjoin = (values: readonly number[], size: number) =>
    values.length === size || values.some((value) => values.includes((value + 1) % size));
  const byDay = days.length < 31 && !days.some((value) => days.includes(value + 1));
  const byWeekday = weekdays.length < 7 && !adjoin(weekdays, 7);
  if (!byDay && !byWeekday) return [];
  const [minute, , ...rest] = terms;
  const once = ['0', '0', ...rest.map(({ text }) => text)].join(' ');
  const column = minute.column;
  return [{ message: `runs in every minute of such a day, 1,440 times; once a day is "${once}"`, column }];
}

/** Warns of days from 29 on, which some months don't have. */
function shortMonths({ days, months, weekdays, dayStar, terms }: Expression): readonly ScheduleProblem[] {
  const [, , day] = terms;
  if (dayStar || weekdays.length < 7 || !/^[0-9]+(?:[-,][0-9]+)*$/.test(day.text)) return [];
  const [first = 1] = days;
  const isList = !day.text.includes('-');
  const late = isList ? (days.at(-1) ?? 1) : first;
  if (late < 29) return [];
  const without = months.filter((month) => late > (usualMonths[month - 1] ?? 31)).map((month) => monthNames[month - 1]);
  if (without.length === 0) return [];
  const leap = late === 29 ? ', but in leap years' : '';
  const all = without.length === months.length && late === 29 ? `day ${late} of feb is only in leap years` : '';
  return [
    {
      message: all || `day ${late} is not in ${without.join(', ')}: nothing runs for it there${leap}`,
      column: day.column,
    },
  ];
}

const usualMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const monthNames = fields[3].words;

/**
 * Warns of `* 2 * * *`, which runs 60 times. Adjoining hours (`* 8-17`) are probably meant: each
 * minute of the day shift.
 */
function everyMinute(expression: Expression): readonly ScheduleProblem[] {
  const [minute, hour, ...rest] = expression.terms;
  const { hours } = expression;
  const apart = hours.length < 24 && hours.every((value) => !hours.includes((value + 1) % 24));
  if (expression.minutes.length < 60 || !apart) return [];
  const once = ['0', hour.text, ...rest.map((term) => term.text)].join(' ');
  return [
    { message: `runs in every minute of hour "${hour.text}"; once in the hour is "${once}"`, column: minute.column },
  ];
}

/**
 * Warns of a step that does not divide its field, because the last interval is shorter: every 7
 * minutes runs at minute 56 and again four minutes later.
 */
function unevenSteps(expression: Expression): readonly ScheduleProblem[] {
  return expression.terms.flatMap((term, index) => {
    const field = fields[index];
    const [, from, to, width = '1'] = /^(?:\*|([0-9]+)-([0-9]+))\/([0-9]+)$/.exec(term.text) ?? [];
    const step = Number(width);
    if (field === undefined || step === 1) return [];
    const isWhole = from === undefined || (Number(from) === field.low && Number(to) >= field.last);
    if (!isWhole) return [];
    if (field.name === 'day') {
      return [
        {
          message: `day "${term.text}" starts again on the first of each month, even if the last step was shorter`,
          column: term.column,
        },
      ];
    }
    const size = field.last - field.low + 1;
    if (size % step === 0) return [];
    return [
      { message: `${field.name} "${term.text}" is uneven: ${step} does not divide ${size}`, column: term.column },
    ];
  });
}
