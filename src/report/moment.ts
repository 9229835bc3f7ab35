/** Reads a moment as people type it: "now", "10:30", "yesterday 18:00", "2h ago", "in 30m", 2026-11-24T18:00. */
import { parseDuration } from '../job/duration.ts';
import { dayMs, type Zone } from '../schedule/zone.ts';

export interface Now {
  readonly nowMs: number;
  /** The host's, an IANA name: what is said without an offset is its time. */
  readonly zone: Zone;
  /** Which 10:30 is meant: the one that was, or the one to come. */
  readonly leaning: 'past' | 'future';
}

/** To be put behind "must be". */
export const momentForms = 'a time such as 10:30, "yesterday 18:00", "2h ago", "in 30m" or 2026-11-24T18:00';

/** Milliseconds since 1970; `undefined` when the text is no time. */
export function parseMoment(text: string, now: Now): number | undefined {
  const words = text.trim().toLowerCase();
  if (words === 'now') return now.nowMs;
  return fromNow(words, now) ?? onTheClock(words, now) ?? onADate(text.trim(), now);
}

function fromNow(words: string, { nowMs }: Now): number | undefined {
  const [, ago, ahead] = /^(?:(\S+) ago|in (\S+))$/.exec(words) ?? [];
  const seconds = parseDuration(ago ?? ahead ?? '');
  if (seconds === undefined) return undefined;
  return nowMs + (ago === undefined ? seconds : -seconds) * 1000;
}

const dayNames: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };

function onTheClock(words: string, now: Now): number | undefined {
  const [, day, time] = /^(?:(yesterday|today|tomorrow)(?: |$))?(\d{1,2}:\d\d(?::\d\d)?)?$/.exec(words) ?? [];
  if (day === undefined && time === undefined) return undefined;
  const today = new Date(now.nowMs + now.zone.offsetAt(now.nowMs)).toISOString().slice(0, 10);
  const at = (days: number) =>
    localTime(new Date(Date.parse(today) + days * dayMs).toISOString().slice(0, 10), time ?? '00:00', now.zone);
  if (day !== undefined) return at(dayNames[day] ?? 0);
  const here = at(0);
  if (here === undefined) return undefined;
  if (now.leaning === 'past') return here <= now.nowMs ? here : at(-1);
  return here > now.nowMs ? here : at(1);
}

/** ISO 8601, a blank or a T between; a day alone is its beginning. */
function onADate(text: string, { zone }: Now): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (match === null) return undefined;
  const [, day = '', time = '00:00', offset] = match;
  if (offset === undefined) return localTime(day, time, zone);
  const ms = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Of a time that the clocks show twice the first; of one that they jump over the moment as many minutes after the jump. */
function localTime(day: string, time: string, zone: Zone): number | undefined {
  const local = Date.parse(`${day}T${/^\d:/.test(time) ? `0${time}` : time}Z`);
  // Date.parse takes 31 February for a day in March.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 10) !== day) return undefined;
  const offsets = [zone.offsetAt(local - dayMs), zone.offsetAt(local + dayMs)];
  const candidates = offsets.map((offsetMs) => local - offsetMs).filter((ms) => ms + zone.offsetAt(ms) === local);
  return candidates.length > 0 ? Math.min(...candidates) : local - (offsets[0] ?? 0);
}
