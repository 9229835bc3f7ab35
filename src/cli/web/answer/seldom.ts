/** Words for the page's own log. The same words come at most once a minute, with how often they came meanwhile: readers must not fill the log. */
import type { Clock } from '../../../system/types/clock.ts';

const restMs = 60_000;
/** In one such time; more are counted together. */
const mostWords = 20;
const others = 'more problems of other kinds';

export function seldom(say: (words: string) => void, clock: Pick<Clock, 'monotonicMs'>): (words: string) => void {
  const known = new Map<string, { untilMs: number; unsaid: number }>();
  return (words) => {
    const nowMs = clock.monotonicMs();
    for (const [old, { untilMs, unsaid }] of known) if (untilMs <= nowMs && unsaid === 0) known.delete(old);
    const key = known.has(words) || known.size < mostWords ? words : others;
    const before = known.get(key);
    if (before !== undefined && before.untilMs > nowMs) {
      before.unsaid += 1;
      return;
    }
    known.set(key, { untilMs: nowMs + restMs, unsaid: 0 });
    say(
      before === undefined || before.unsaid === 0 ? key : `${key} (${before.unsaid} more times since it was said last)`,
    );
    // What was left out of other kinds is never forgotten: it makes room by being said.
    for (const [old, { untilMs, unsaid }] of known)
      if (old !== key && untilMs <= nowMs && unsaid > 0) {
        known.delete(old);
        say(`${old} (${unsaid} more times since it was said last)`);
      }
  };
}
