/** The nicknames of crontab(5), such as `@daily` and `@reboot`. */

const terms: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The schedule of a job that starts once after each boot. */
export const rebootSchedule = '@reboot';

export function isReboot(schedule: string | undefined): boolean {
  return schedule?.trim() === rebootSchedule;
}

export function isNickname(schedule: string): boolean {
  return schedule.trim().startsWith('@');
}

/** The five terms that a nickname stands for. cron knows nicknames in small letters only. */
export function termsOfNickname(word: string): string | undefined {
  return Object.hasOwn(terms, word) ? terms[word] : undefined;
}

/** True if the first word is a nickname in any case: `@daily`, `@Daily`, `@daily` and more text. */
export function beginsWithNickname(text: string): boolean {
  const [word = ''] = text.toLowerCase().split(/\s+/);
  return word === rebootSchedule || termsOfNickname(word) !== undefined;
}

/** The problem of a word that starts with `@` and is no nickname. */
export function nicknameProblem(text: string): string {
  const [word = text, ...rest] = text.split(/\s+/);
  const known = [...Object.keys(terms), rebootSchedule];
  const small = word.toLowerCase();
  if (rest.length > 0 && known.includes(small)) return `"${small}" is a whole schedule and stands alone`;
  if (known.includes(small)) return `cron knows "${word}" in small letters only; write "${small}"`;
  return `"${word}" is not known; a schedule is five terms (minute hour day month weekday) or one of ${known.join(' ')}`;
}
