/**
 * Reads a moment as people type it: "now", 10:30, 8am, "monday 8:00", "yesterday 18:00", "2 days
 * ago", "in 30m", 12h, 2026-11-24T18:00.
 */
import { dayMs, type Zone } from '../../zone/zone.ts';
import { parseSpan } from './span.ts';

export interface Now {
  readonly nowMs: number;
  /** The host's, an IANA name: what is said without an offset is its time. */
  readonly zone: Zone;
  /** Which 10:30, monday or 12h is meant: the one that was, or the one to come. */
  readonly leaning: 'past' | 'future';
}

/** Examples to put behind "must be", in the past or in the future as the option needs. */
export function momentForms({ nowMs, zone, leaning }: Now): string {
  const day = (days: number) => dayOf(nowMs + days * dayMs, zone);
  return leaning === 'past'
    ? `a time such as 10:30, yesterday, "monday 8:00", "2 days ago", 12h or ${day(-1)}T18:00`
    : `a time such as 18:00, 8am, monday, "tomorrow 9:00", "in 2h" or ${day(1)}T18:00`;
}

/** Milliseconds since 1970; `undefined` when the text is no time. */
export function parseMoment(text: string, now: Now): number | undefined {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === 'now') return now.nowMs;
  return fromNow(words, now) ?? onTheClock(words, now) ?? onADate(text.trim(), now);
}

function fromNow(words: string, { nowMs, leaning }: Now): number | undefined {
  const [, ago, ahead] = /^(?:(.+) ago|in (.+))$/.exec(words) ?? [];
  const seconds = parseSpan(ago ?? ahead ?? words);
  if (seconds === undefined) return undefined;
  const isBack = ago !== undefined || (ahead === undefined && leaning === 'past');
  return nowMs + (isBack ? -seconds : seconds) * 1000;
}

const nearDays: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** [which, day, time], each of which may be missing. */
const clockPattern =
  /^(?:(?:(on|this|next|last) )?(yesterday|today|tomorrow|(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:day)?))?(?: ?(?:at )?(noon|midnight|\d{1,2}(?::\d\d){0,2} ?(?:[ap]m)?))?$/;

function onTheClock(words: string, now: Now): number | undefined {
  const [, which, day, said] = clockPattern.exec(words) ?? [];
  if (day === undefined && said === undefined) return undefined;
  const time = said === undefined ? '00:00' : timeOfDay(said);
  if (time === undefined) return undefined;
  const at = (days: number) => localTime(dayOf(now.nowMs, now.zone, days), time, now.zone);
  const near = nearDays[day ?? ''];
  if (near !== undefined) return which === undefined ? at(near) : undefined;
  const leaning = which === 'last' ? 'past' : which === 'next' ? 'future' : now.leaning;
  return closest(daysOf(day, now).map(at), now.nowMs, leaning);
}

/** Days from today that may be meant, in order: any when none is named. */
function daysOf(day: string | undefined, { nowMs, zone }: Now): readonly number[] {
  if (day === undefined) return [-1, 0, 1];
  const today = new Date(`${dayOf(nowMs, zone)}T00:00Z`).getUTCDay();
  const ahead = weekdays.findIndex((name) => name.startsWith(day.slice(0, 3))) - today;
  return [-14, -7, 0, 7, 14].map((days) => days + ahead);
}

function closest(
  moments: readonly (number | undefined)[],
  nowMs: number,
  leaning: 'past' | 'future',
): number | undefined {
  if (leaning === 'past') return moments.findLast((ms) => ms !== undefined && ms <= nowMs);
  return moments.find((ms) => ms !== undefined && ms > nowMs);
}

/**
 * Turns "8am", "8:30 pm", "18:00" and "noon" into HH:MM:SS. Returns `undefined` for 8, which may be
 * anything, and for 13pm.
 */
function timeOfDay(text: string): string | undefined {
  if (text === 'noon') return '12:00:00';
  if (text === 'midnight') return '00:00:00';
  const [, hour = '', minute, second, half] = /^(\d{1,2})(?::(\d\d))?(?::(\d\d))? ?([ap]m)?$/.exec(text) ?? [];
  if (minute === undefined && half === undefined) return undefined;
  const hours = Number(hour);
  if (half !== undefined && (hours < 1 || hours > 12)) return undefined;
  const whole = half === undefined ? hours : (hours % 12) + (half === 'pm' ? 12 : 0);
  return `${String(whole).padStart(2, '0')}:${minute ?? '00'}:${second ?? '00'}`;
}

/** ISO 8601, a blank or a T between; a day alone is its beginning. */
function onADate(text: string, { zone }: Now): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[Tt ](.*?)(Z|z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, day = '', said, offset] = match;
  const time = said === undefined ? '00:00' : dateTime(said.toLowerCase());
  if (time === undefined) return undefined;
  if (offset === undefined) return localTime(day, time, zone);
  const ms = Date.parse(`${day}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function dateTime(said: string): string | undefined {
  return /^\d\d:\d\d:\d\d\.\d{1,3}$/.test(said) ? said : timeOfDay(said);
}

/** The day of the host's calendar, so many days later. */
function dayOf(ms: number, zone: Zone, daysLater = 0): string {
  const today = new Date(ms + zone.offsetAt(ms)).toISOString().slice(0, 10);
  return new Date(Date.parse(today) + daysLater * dayMs).toISOString().slice(0, 10);
}

/**
 * The milliseconds of a local time. If the clocks show it twice, the first; if they jump over it,
 * as many minutes after the jump.
 */
function localTime(day: string, time: string, zone: Zone): number | undefined {
  const local = Date.parse(`${day}T${time}Z`);
  // Date.parse takes 31 February for a day in March.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== day) return undefined;
  const offsets = [zone.offsetAt(local - dayMs), zone.offsetAt(local + dayMs)];
  const candidates = offsets.map((offsetMs) => local - offsetMs).filter((ms) => ms + zone.offsetAt(ms) === local);
  const [first, second = first] = candidates;
  return first === undefined || second === undefined ? local - (offsets[0] ?? 0) : Math.min(first, second);
}
