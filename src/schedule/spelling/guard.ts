/** What cron can't ask of a date, the command can: a test in front of it that ends the run on all other days. */

/** The end of a sentence: the `nth` (1-5) weekday of a month, 0 is Sunday; `undefined`: a weekday that is not known. */
export function nthWeekdayWords(nth: number, weekday: number | undefined): string {
  const days = nth === 5 ? '29-31' : `${nth * 7 - 6}-${nth * 7}`;
  const number = weekday === undefined ? 'N' : String(weekday === 0 ? 7 : weekday);
  const meaning = weekday === undefined ? ' (N is 1 for Monday, 7 for Sunday)' : '';
  return `take the days ${days} and every weekday, and ${guard(`test "$(date +%u)" = ${number}`, 'on any other weekday')}${meaning}`;
}

export const lastDayWords = `take the days 28-31, and ${guard('test "$(date -d tomorrow +%d)" = 01', 'on any day but the last')}`;

/** The last one of a weekday in a month: the same day of next week is in another month. */
export function lastWeekdayWords(weekday: number): string {
  const test = `test "$(date +%u)" = ${weekday === 0 ? 7 : weekday} && test "$(date -d "7 days" +%d)" -le 07`;
  return `take the days 22-31 and every weekday, and ${guard(test, 'on any other day')}`;
}

function guard(test: string, when: string): string {
  return `sh -c '${test} || exit 0; exec COMMAND' ends at once ${when}`;
}
