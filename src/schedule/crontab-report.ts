/** What cron-generate says about a change: one sentence for people, one value for programs. */
import type { Crontab, CrontabFile } from './crontab.ts';
import type { LastLine, PresentCrontab } from './last-good.ts';
import type { Timing, Timings } from './plan.ts';

/** Which jobs got, lost or changed their line. */
export interface LineChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** When each job runs that has a line now. */
export function timingsBefore(present: PresentCrontab): Timings {
  return new Map([...present.content().lines].map(([slug, line]) => [slug, timingOf(line)]));
}

function timingOf({ schedule, zoned }: LastLine): Timing {
  return zoned ?? { schedule };
}

/** When each job runs that will have a line. */
export function timingsAfter({ jobs }: Crontab): Timings {
  const timings = new Map<string, Timing>();
  for (const { slug, schedule, timeZone } of jobs) {
    if (schedule !== undefined) timings.set(slug, { schedule, ...(timeZone !== undefined && { timeZone }) });
  }
  return timings;
}

export function compareLines(before: Timings, after: Timings): LineChanges {
  const isOther = (slug: string) => {
    const [one, other] = [before.get(slug), after.get(slug)];
    return one !== undefined && (one.schedule !== other?.schedule || one.timeZone !== other?.timeZone);
  };
  return {
    added: [...after.keys()].filter((slug) => !before.has(slug)),
    removed: [...before.keys()].filter((slug) => !after.has(slug)),
    changed: [...after.keys()].filter(isOther),
  };
}

/** `3 lines added (a, b, c), 1 removed (d)` */
export function changesText({ added, removed, changed }: LineChanges): string {
  const parts = [some(added, 'added'), some(removed, 'removed'), some(changed, 'changed')].filter(
    (part) => part !== '',
  );
  return parts.length === 0 ? 'text changed; no job or time changed' : `lines: ${parts.join(', ')}`;
}

function some(slugs: readonly string[], verb: string): string {
  if (slugs.length === 0) return '';
  return `${slugs.length} ${verb} (${slugs.slice(0, 5).join(', ')}${slugs.length > 5 ? ', …' : ''})`;
}

/** The present and the new text of each file that a change touches, for a diff. */
export interface FileChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export function fileChanges(
  present: ReadonlyMap<string, string>,
  { writes, removals }: { readonly writes: readonly CrontabFile[]; readonly removals: readonly string[] },
): FileChange[] {
  const written = writes.map(({ name, text }) => ({ name, before: present.get(name) ?? '', after: text }));
  const removed = removals.map((name) => ({ name, before: present.get(name) ?? '', after: '' }));
  return [...written, ...removed].sort((a, b) => (a.name < b.name ? -1 : 1));
}
