/**
 * Words a test that a command can make because cron can't: it ends the run on all other days of the
 * month.
 */

/**
 * The end of a sentence about the `nth` (1-5) weekday (0 is Sunday) of a month; `undefined` if the
 * weekday is not known.
 */
export function nthWeekdayWords(nth: number, weekday: number | undefined): string {
  const days = nth === 5 ? '29-31' : `${nth * 7 - 6}-${nth * 7}`;
  const number = weekday === undefined ? 'N' : String(weekday === 0 ? 7 : weekday);
  const meaning = weekday === undefined ? ' (N is 1 for Monday, 7 for Sunday)' : '';
  return `take the days ${days} and every weekday, and ${guard(`test "$(date +%u)" = ${number}`, 'on any other weekday')}${meaning}`;
}

export const lastDayWords = `take the days 28-31, and ${guard('test "$(date -d tomorrow +%d)" = 01', 'on any day but the last')}`;

/**
 * The end of a sentence about the last of a weekday in a month: the same weekday of the next week
 * is in another month.
 */
export function lastWeekdayWords(weekday: number): string {
  const test = `test "$(date +%u)" = ${weekday === 0 ? 7 : weekday} && test "$(date -d "7 days" +%d)" -le 07`;
  return `take the days 22-31 and every weekday, and ${guard(test, 'on any other day')}`;
}

function guard(test: string, when: string): string {
  return `sh -c '${test} || exit 0; exec COMMAND' ends at once ${when}`;
}
