/** Writes a plan as text for people and as JSON for programs. */

import { wallTime } from '../../zone/wall-time.ts';
import type { Zone } from '../../zone/zone.ts';
import type { LineTiming, Plan, PlannedJob } from './plan.ts';
import type { Sameness } from './same-times.ts';

/** The number of times that are shown of each list. */
const shown = 3;

/** The plan for people, with times in the host's zone. */
export function planText(plan: Plan, zone: Zone): string {
  if (plan.length === 0) return 'No job runs at another time than before.\n';
  return plan.map((job) => jobText(job, zone)).join('');
}

function jobText(job: PlannedJob, zone: Zone): string {
  const time = (instant: number) => wallTime(instant, zone);
  const lines = job.windows.flatMap(({ title, appear, vanish, move }) => {
    const parts = [
      ...listed('vanish', vanish, time),
      ...listed('appear', appear, time),
      ...listed('move', move, ([fromMs, toMs]) => `${time(fromMs)} -> ${time(toMs)}`),
    ];
    return parts.length === 0 ? [] : [`  ${title}: ${parts.join('; ')}\n`];
  });
  const sameness = samenessText(job.sameness, time);
  return [`${job.slug}: ${timingText(job.before)} -> ${timingText(job.after)}\n`, ...lines, `  ${sameness}\n`].join('');
}

function samenessText(sameness: Sameness, time: (instant: number) => string): string {
  switch (sameness.is) {
    case 'same':
      return 'runs at the same times as before';
    case 'different':
      return `first difference: ${time(sameness.atMs)} ${sameness.change}`;
    case 'boot':
      return `the start after each boot ${sameness.change}`;
    case 'open':
      return `no difference until ${time(sameness.untilMs)}; what comes after that was not compared`;
    default:
      return sameness satisfies never;
  }
}

function listed<T>(verb: string, list: readonly T[], word: (item: T) => string): readonly string[] {
  if (list.length === 0) return [];
  const more = list.length > shown ? ', …' : '';
  return [`${list.length} ${verb}: ${list.slice(0, shown).map(word).join(', ')}${more}`];
}

function timingText(timing: LineTiming | undefined): string {
  if (timing === undefined) return 'no line';
  return timing.timeZone === undefined ? `"${timing.schedule}"` : `"${timing.schedule}" in ${timing.timeZone}`;
}

/**
 * The plan for programs: instants in UTC, at most 100 of each kind, with their number. `same` is
 * null if it is neither proved nor disproved.
 */
export function planJson(plan: Plan): unknown {
  const some = <T>(list: readonly T[], of: (item: T) => unknown) => ({
    count: list.length,
    times: list.slice(0, 100).map(of),
  });
  return plan.map(({ slug, before, after, windows, sameness }) => ({
    slug,
    before: before ?? null,
    after: after ?? null,
    ...samenessJson(sameness),
    windows: windows.map(({ title, fromMs, untilMs, appear, vanish, move }) => ({
      title,
      from: utc(fromMs),
      until: utc(untilMs),
      appear: some(appear, utc),
      vanish: some(vanish, utc),
      move: some(move, ([from, to]) => [utc(from), utc(to)]),
    })),
  }));
}

function samenessJson(sameness: Sameness) {
  switch (sameness.is) {
    case 'same':
      return { same: true, firstDifference: null, comparedUntil: null };
    case 'different':
      return {
        same: false,
        firstDifference: { at: utc(sameness.atMs), is: sameness.change },
        comparedUntil: utc(sameness.atMs),
      };
    case 'boot':
      return { same: false, firstDifference: { at: null, is: sameness.change }, comparedUntil: null };
    case 'open':
      return { same: null, firstDifference: null, comparedUntil: utc(sameness.untilMs) };
    default:
      return sameness satisfies never;
  }
}

function utc(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
