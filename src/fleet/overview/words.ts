/** Words about the hosts and runs of a fleet. */
import { durationWords } from '../../text/duration.ts';
import type { Hold, Holder } from '../store/records.ts';
import { type HostState, isThere } from './hosts.ts';

export type FormatTime = (ms: number) => string;

/** "by ada since 2026-11-30 10:00:00: kernel update" */
export function cordonWords({ by, atMs, reason }: Hold, format: FormatTime): string {
  const since = atMs === 0 ? '' : ` since ${format(atMs)}`;
  return `by ${by}${since}${reason === undefined ? '' : `: ${reason}`}`;
}

/** "was there 20 s ago", "was there last 2 h ago, at 2026-11-30 10:00:00", "was never there" */
export function seenWords(state: Pick<HostState, 'seen' | 'isSeenUnread'>, nowMs: number, format: FormatTime): string {
  const { seen, isSeenUnread } = state;
  if (isSeenUnread) return "has a record that can't be read";
  if (seen === undefined) return 'was never there';
  const ago = durationWords(Math.max(0, Math.round((nowMs - seen.atMs) / 1000)));
  return isThere({ seen }, nowMs) ? `was there ${ago} ago` : `was there last ${ago} ago, at ${format(seen.atMs)}`;
}

/** "run 20261130-… of the tick 2026-11-30 10:00:00, with the lock orders" */
export function holderWords({ run, tickMs, locks }: Holder, format: FormatTime): string {
  const held = locks.length === 0 ? '' : `, with the lock${locks.length === 1 ? '' : 's'} ${locks.join(', ')}`;
  return `run ${run} of the tick ${format(tickMs)}${held}`;
}
