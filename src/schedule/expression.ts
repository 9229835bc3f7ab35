/**
 * Parses a schedule. The grammar and the meaning are exactly those of Debian's cron: cron ignores a
 * whole file in /etc/cron.d for one wrong line, so it must accept what is accepted here, and read
 * it the same way.
 */
import { fields } from './fields.ts';
import { beginsWithNickname, isReboot, nicknameProblem, rebootSchedule, termsOfNickname } from './nickname.ts';
import { otherSpelling } from './spelling/recognise.ts';
import { readTerm, type ScheduleProblem, type Term } from './term.ts';

/** A parsed schedule. The lists are ascending and without repetition. */
export interface Expression {
  /** The schedule as its author wrote it. */
  readonly written: string;
  /** The schedule as the crontab has it: five terms with single spaces, or `@reboot`. */
  readonly text: string;
  /** The job starts once after each boot; the lists are empty then. */
  readonly atBoot: boolean;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  /** 0-6, Sunday is 0. */
  readonly weekdays: readonly number[];
  /**
   * The term is *written* with a `*` at its start, also with a step or in a list (Vixie cron,
   * entry.c: MIN_STAR, HR_STAR, DOM_STAR, DOW_STAR). For the two day terms this decides between
   * "both must match" and "either"; for minute and hour it decides what happens at a clock change.
   */
  readonly minuteStar: boolean;
  readonly hourStar: boolean;
  readonly dayStar: boolean;
  readonly weekdayStar: boolean;
  readonly terms: Terms;
}

/** Minute, hour, day, month, weekday. */
type Terms = readonly [Term, Term, Term, Term, Term];

export type ExpressionAnswer =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problems: readonly ScheduleProblem[] };

/**
 * Parses a schedule, or returns every problem in it; blanks around it are dropped. `lintExpression`
 * adds what is probably not meant; before a schedule is trusted for the first time,
 * cron-validate.ts asks a second parser too.
 */
export function parseExpression(text: string): ExpressionAnswer {
  if (isReboot(text)) return { ok: true, expression: { ...afterBoot, written: text } };
  const answer = parseWritten(termsOfNickname(text.trim()) ?? text);
  return answer.ok ? { ok: true, expression: { ...answer.expression, written: text } } : answer;
}

/** `undefined` for a text that cron would not understand. */
export function expressionOf(text: string): Expression | undefined {
  const answer = parseExpression(text);
  return answer.ok ? answer.expression : undefined;
}

function parseWritten(text: string): ExpressionAnswer {
  const answer = parseTerms(text);
  if (answer.ok || (isFive(splitTerms(text)) && !otherSigns.test(text))) return answer;
  if (beginsWithNickname(text.trim())) return answer;
  const message = otherSpelling(text, (terms) => isReboot(terms) || parseTerms(terms).ok);
  return message === undefined ? answer : { ok: false, problems: [{ message, column: text.search(/\S/) + 1 }] };
}

/**
 * Signs and words that no term of cron has, so a text with one of them is another program's even if
 * it has five terms.
 */
const otherSigns = /[:.()"'`;=${]|\b(?:every|each|at|on|of|the|first|last|daily|weekly|monthly)\b/i;

function parseTerms(text: string): ExpressionAnswer {
  const foreign = foreignSchedule(text);
  if (foreign !== undefined) return { ok: false, problems: [foreign] };
  const terms = splitTerms(text);
  if (!isFive(terms)) return { ok: false, problems: [wrongCount(text, terms)] };
  return readTerms(terms);
}

const noTerm: Term = { text: rebootSchedule, column: 1 };

/** The schedule `@reboot` has no minutes; `ticks.ts` knows when the host was booted. */
const afterBoot: Expression = {
  ...{
    written: rebootSchedule,
    text: rebootSchedule,
    atBoot: true,
    minutes: [],
    hours: [],
    days: [],
    months: [],
    weekdays: [],
  },
  ...{ minuteStar: false, hourStar: false, dayStar: false, weekdayStar: false },
  terms: [noTerm, noTerm, noTerm, noTerm, noTerm],
};

/** The problem of a text that is no list of terms at all. */
function foreignSchedule(text: string): ScheduleProblem | undefined {
  const start = text.search(/[^ \t]/);
  if (start >= 0 && text[start] === '@') return { message: nicknameProblem(text.trim()), column: start + 1 };
  const strange = text.search(/[^ \t\x21-\x7e]/);
  if (strange >= 0) return { message: strangeCharacter(text.codePointAt(strange) ?? 0), column: strange + 1 };
  const equals = text.indexOf('=');
  if (equals < 0) return undefined;
  return { message: 'a "=" would make the line a variable to cron; a zone belongs in "time_zone"', column: equals + 1 };
}

function strangeCharacter(codePoint: number): string {
  if (codePoint === 10 || codePoint === 13) return 'a line break ends the line for cron; a schedule is one line';
  const code = codePoint.toString(16).toUpperCase().padStart(4, '0');
  return `the character U+${code} has no place in a schedule; only digits, letters, "*", ",", "-", "/" and blanks have`;
}

function splitTerms(text: string): readonly Term[] {
  return [...text.matchAll(/[^ \t]+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
}

function isFive(terms: readonly Term[]): terms is Terms {
  return terms.length === 5;
}

const example = '; "30 2 * * 1-5", for instance, is 02:30 from Monday to Friday';

function wrongCount(text: string, terms: readonly Term[]): ScheduleProblem {
  const expected = `a schedule is five terms (minute hour day month weekday), found ${terms.length}`;
  const hint = terms.length === 4 ? '; one is missing, and "*" stands for any' : example;
  return { message: expected + hint, column: terms[5]?.column ?? text.trimEnd().length + 1 };
}

function readTerms(terms: Terms): ExpressionAnswer {
  const [minute, hour, day, month, weekday] = [
    readTerm(terms[0], fields[0], terms[1].text),
    readTerm(terms[1], fields[1], terms[0].text),
    readTerm(terms[2], fields[2], terms[4].text),
    readTerm(terms[3], fields[3]),
    readTerm(terms[4], fields[4], terms[2].text),
  ];
  const problems = [minute, hour, day, month, weekday].flatMap((reading) => reading.problems);
  if (problems.length > 0) return { ok: false, problems };
  const expression: Expression = {
    written: join(terms),
    text: join(terms),
    atBoot: false,
    minutes: minute.values,
    hours: hour.values,
    days: day.values,
    months: month.values,
    weekdays: weekday.values,
    minuteStar: terms[0].text.startsWith('*'),
    hourStar: terms[1].text.startsWith('*'),
    dayStar: terms[2].text.startsWith('*'),
    weekdayStar: terms[4].text.startsWith('*'),
    terms,
  };
  if (neverFires(expression)) return { ok: false, problems: [impossibleDate(terms)] };
  return { ok: true, expression };
}

function join(terms: readonly Term[]): string {
  return terms.map((term) => term.text).join(' ');
}

const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * If both day terms must match, some month must have one of the days. Weekdays need no look: every
 * date falls on each of them within 400 years, 29 February too.
 */
function neverFires(expression: Expression): boolean {
  if (!expression.dayStar && !expression.weekdayStar) return false;
  const firstDay = expression.days[0] ?? 1;
  return expression.months.every((month) => firstDay > (longestMonths[month - 1] ?? 31));
}

function impossibleDate(terms: Terms): ScheduleProblem {
  const [, , day, month] = terms;
  return { message: `can never run: no month of "${month.text}" has a day of "${day.text}"`, column: day.column };
}
