/** Reads an anacrontab: `period delay id command` (anacrontab(5)). */
import { longestLine, type PassedOn, readSetting, type SourceEntry, type SourceReading, tooLong } from './source.ts';

export function readAnacrontab(text: string): SourceReading {
  const reading = {
    entries: [] as SourceEntry[],
    problems: [] as SourceReading['problems'][number][],
    left: [] as SourceReading['left'][number][],
  };
  const settings = new Map<string, string>();
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const start = written.replace(/^[ \t]+|[ \t]+$/g, '');
    if (start === '' || start.startsWith('#')) continue;
    if (start.length > longestLine) {
      reading.problems.push({ line, message: tooLong });
      continue;
    }
    const setting = /[\0-\x08\x0b-\x1f\x7f]/.test(start)
      ? ({ is: 'problem', message: 'it has a control character, perhaps the line end of Windows' } as const)
      : readSetting(start);
    if (setting?.is === 'setting') settings.set(setting.name, setting.value);
    else if (setting?.is === 'problem') reading.problems.push({ line, message: setting.message });
    else {
      const read = readJob(start, settings);
      if (typeof read === 'string') reading.problems.push({ line, message: read });
      else if (/\brun-parts\b.*\/etc\/cron\./.test(read.command))
        reading.left.push({
          line,
          message: "the system's own line, which runs the scripts of packages: leave it to anacron",
        });
      else reading.entries.push({ line, ...read });
    }
  }
  return reading;
}

function readJob(text: string, settings: ReadonlyMap<string, string>): Omit<SourceEntry, 'line'> | string {
  const [, period = '', minutes = '', id = '', command = ''] =
    /^(\S+)[ \t]+(\d{1,5})[ \t]+(\S+)[ \t]+(.*)$/.exec(text) ?? [];
  if (command === '') return 'it is neither a comment, nor NAME=VALUE, nor "period delay id command"';
  const days = /^\d{1,4}$/.test(period) ? Number(period) : (named[period.toLowerCase()] ?? 0);
  const [hour, delay] = [startHour(settings), Number(minutes)];
  const time = (hour * 60 + 30 + delay) % 1440;
  const dates = datesOf(days);
  if (dates === undefined) return `cron has no distance of "${period}" days. On which days is it to run?`;
  const schedule = `${time % 60} ${Math.floor(time / 60)} ${dates.terms}`;
  const random = settings.get('RANDOM_DELAY');
  const passedOn: PassedOn = {
    keys: [
      ...(random !== undefined && /^[1-9]\d{0,3}$/.test(random) ? [`splay: ${random}m`] : []),
      ...['catch_up: last', `catch_up_window: ${days + 1}d`],
    ],
    check: `anacron starts it when ${days === 1 ? 'a day has' : `${days} days have`} passed since its last run, ${delay} min after anacron itself; the job starts ${dates.words}. Is that well?`,
  };
  return { schedule, command, settings: new Map([...settings].filter(([name]) => !ofAnacron.has(name))), id, passedOn };
}

const ofAnacron = new Set(['RANDOM_DELAY', 'START_HOURS_RANGE', 'PREFERRED_HOUR', 'NO_MAIL_OUTPUT']);

const named: Readonly<Record<string, number>> = {
  '@daily': 1,
  '@weekly': 7,
  '@monthly': 31,
  '@yearly': 366,
  '@annually': 366,
};

/** Debian starts anacron at 7:30; elsewhere START_HOURS_RANGE=3-22 lets it start from 3 o'clock on. */
function startHour(settings: ReadonlyMap<string, string>): number {
  const first = /^(\d{1,2})-\d{1,2}$/.exec(settings.get('START_HOURS_RANGE') ?? '')?.[1];
  return first !== undefined && Number(first) < 24 ? Number(first) : 7;
}

function datesOf(days: number): { readonly terms: string; readonly words: string } | undefined {
  if (days === 1) return { terms: '* * *', words: 'each day, and after an outage' };
  if (days === 7) return { terms: '* * 0', words: 'each Sunday, and after an outage' };
  if (days >= 28 && days <= 31) return { terms: '1 * *', words: 'on the first of each month, and after an outage' };
  if (days === 365 || days === 366) return { terms: '1 1 *', words: 'on the first of January, and after an outage' };
  return undefined;
}
