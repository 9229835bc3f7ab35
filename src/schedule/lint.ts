/** Says what a schedule means where that is probably not what its author meant; every remark here is a warning, the schedule is sound. */
import type { Expression } from './expression.ts';
import { fields } from './fields.ts';
import type { Remark } from './term.ts';

/** What can be said without knowing the host. */
export function lintExpression(expression: Expression): readonly Remark[] {
  return [...dayTerms(expression), ...everyMinute(expression), ...unevenSteps(expression)];
}

/** The two day terms together, the oddest rule of cron (crontab(5): "if both fields are restricted"; cron.c, find_jobs). */
function dayTerms(expression: Expression): readonly Remark[] {
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
    return [
      {
        message: `runs every day, because cron runs a job when either day term matches and "${full.text}" always does; write "*" there`,
        column: full.column,
      },
    ];
  }
  return [
    {
      message: `runs on days that match either "${day.text}" or "${weekday.text}": cron does not ask for both`,
      column: day.column,
    },
  ];
}

/** `* 2 * * *` is sixty runs. Hours that adjoin (`* 8-17`) are left alone: "each minute of the day shift" is a thing to say. */
function everyMinute(expression: Expression): readonly Remark[] {
  const [minute, hour, ...rest] = expression.terms;
  const { hours } = expression;
  const apart = hours.length < 24 && hours.every((value) => !hours.includes((value + 1) % 24));
  if (expression.minutes.length < 60 || !apart) return [];
  const once = ['0', hour.text, ...rest.map((term) => term.text)].join(' ');
  return [
    { message: `runs in every minute of hour "${hour.text}"; once in the hour is "${once}"`, column: minute.column },
  ];
}

/** After a step that does not divide its field, the last interval is shorter: every 7 minutes runs at minute 56 and again four minutes later. */
function unevenSteps(expression: Expression): readonly Remark[] {
  return expression.terms.flatMap((term, index) => {
    const field = fields[index];
    const step = Number(/^\*\/([0-9]+)$/.exec(term.text)?.[1] ?? 1);
    if (field === undefined || step === 1) return [];
    if (field.name === 'day') {
      return [
        {
          message: `day "${term.text}" starts anew on the first of each month, whatever was left of the step`,
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
