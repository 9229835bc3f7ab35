/**
 * Recognises a schedule with something around it or between its terms: quotes, a semicolon, commas
 * instead of blanks, a time zone.
 */
import type { Reading } from './reading.ts';

type IsSchedule = (terms: string) => boolean;

/** Recognises quotes inside of those of YAML, a sign at the end, or a key in front. */
export function superfluous(text: string, isSchedule: IsSchedule): Reading | undefined {
  const bare = text
    .replace(/^(?:schedule|cron) ?[:=] ?/i, '')
    .replace(/^["'`]+|["'`;.,]+$/g, '')
    .trim();
  if (bare !== text && isSchedule(bare)) return { what: 'there is more than the schedule', write: bare };
  const spaced = /\s/.test(text) ? text : text.replace(/[,;_|]+/g, ' ');
  if (spaced !== text && isSchedule(spaced)) return { what: 'the five terms are separated by blanks', write: spaced };
  return undefined;
}

/** Recognises `{{ schedule }}` and `${SCHEDULE}`. */
export function unfilled(text: string): Reading | undefined {
  const found = /\{\{.*\}\}|\{%.*%\}|<%.*%>|\$\{?[A-Za-z_]\w*\}?|%\(\w+\)s|@[A-Z_]+@/.exec(text)?.[0];
  if (found === undefined) return undefined;
  return {
    what: `"${found}" is a template that was not filled in`,
    why: 'render it first; nothing in a job file is replaced',
  };
}

/** Recognises `CRON_TZ=UTC 0 5 * * *` and `0 5 * * * Europe/Berlin`. */
export function withZone(text: string, isSchedule: IsSchedule): Reading | undefined {
  const [, before, behind] = /^(?:CRON_)?TZ ?= ?["']?([\w+/-]+)["']? (.+)$/i.exec(text) ?? [];
  const [, terms = behind, zone = before] =
    /^((?:\S+ ){4}\S+) \(?((?:UTC|GMT|[A-Z][A-Za-z_]+\/[\w+/-]+))\)?$/.exec(text) ?? [];
  if (terms === undefined || zone === undefined || !isSchedule(terms)) return undefined;
  return { what: 'a zone has no place in the schedule', write: terms, also: `"time_zone: ${zone}"` };
}
