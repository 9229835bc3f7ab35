/** A plan in words for people, and as a value for programs. */
import type { Plan, PlannedJob, PlanWindow, Timing } from './plan.ts';
import { wallTime } from './wall-time.ts';

/** Times that are shown of each list. */
const shown = 3;

/** For people; times are the host's. */
export function planText(plan: Plan, zone: string): string {
  if (plan.jobs.length === 0) return 'No job runs at another time than before.\n';
  return plan.jobs.map((job) => jobText(job, plan.windows, zone)).join('');
}

function jobText(job: PlannedJob, windows: readonly PlanWindow[], zone: string): string {
  const lines = windows.flatMap((window, index) => {
    const { appear, vanish, move } = job.changes[index] ?? { appear: [], vanish: [], move: [] };
    const parts = [
      ...listed(
        'vanish',
        vanish.map((instant) => wallTime(instant, zone)),
      ),
      ...listed(
        'appear',
        appear.map((instant) => wallTime(instant, zone)),
      ),
      ...listed(
        'move',
        move.map(([fromMs, toMs]) => `${wallTime(fromMs, zone)} -> ${wallTime(toMs, zone)}`),
      ),
    ];
    return parts.length === 0 ? [] : [`  ${window.title}: ${parts.join('; ')}\n`];
  });
  const same = lines.length === 0 ? ['  runs at the same times as before\n'] : lines;
  return [`${job.slug}: ${timingText(job.before)} -> ${timingText(job.after)}\n`, ...same].join('');
}

function listed(verb: string, times: readonly string[]): string[] {
  if (times.length === 0) return [];
  const more = times.length > shown ? ', …' : '';
  return [`${times.length} ${verb}: ${times.slice(0, shown).join(', ')}${more}`];
}

function timingText(timing: Timing | undefined): string {
  if (timing === undefined) return 'no line';
  return timing.timeZone === undefined ? `"${timing.schedule}"` : `"${timing.schedule}" in ${timing.timeZone}`;
}

/** For programs: instants in UTC, at most 100 of each kind with their number. */
export function planJson(plan: Plan): unknown {
  const utc = (instant: number) => new Date(instant).toISOString().replace('.000Z', 'Z');
  const some = <T>(list: readonly T[], of: (item: T) => unknown) => ({
    count: list.length,
    times: list.slice(0, 100).map(of),
  });
  return plan.jobs.map(({ slug, before, after, changes }) => ({
    slug,
    before: before ?? null,
    after: after ?? null,
    windows: plan.windows.map(({ title, fromMs, untilMs }, index) => {
      const { appear = [], vanish = [], move = [] } = changes[index] ?? {};
      return {
        title,
        from: utc(fromMs),
        until: utc(untilMs),
        appear: some(appear, utc),
        vanish: some(vanish, utc),
        move: some(move, ([fromMs, toMs]) => [utc(fromMs), utc(toMs)]),
      };
    }),
  }));
}
