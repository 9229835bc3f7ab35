/** Jobs without a tick, and why. Of many, `jobctl next` says at a terminal in one line what they have in common. */
import type { ClockFacts } from './installed.ts';

/** A job that has no tick, and why. */
export interface NoTick {
  readonly job: string;
  readonly why:
    | 'broken'
    | 'service'
    | 'disabled'
    | 'elsewhere'
    | 'no-schedule'
    | 'not-installed'
    | 'ignored'
    | 'reboot'
    | 'stopped'
    | 'gone'
    | 'none-in-span';
  readonly words: string;
  readonly clock?: ClockFacts;
}

/** So many jobs, or more, share a line. */
const few = 3;

const groups = [
  ['no start in that time', ['none-in-span']],
  ['only people and other jobs start', ['no-schedule', 'disabled']],
  ['services, which have no ticks', ['service']],
] as const satisfies readonly (readonly [string, readonly NoTick['why'][]])[];

export interface BriefNone {
  /** The jobs that have a line of their own. */
  readonly rows: readonly NoTick[];
  /** "only people and other jobs start: by-hand, old-migration, rotate-keys" */
  readonly groups: readonly string[];
}

export function briefNone(none: readonly NoTick[]): BriefNone {
  const shared = groups.flatMap(([words, whys]) => {
    const jobs = none.filter(({ why }) => (whys as readonly NoTick['why'][]).includes(why));
    return jobs.length < few ? [] : [{ words, jobs }];
  });
  const told = new Set(shared.flatMap(({ jobs }) => jobs));
  return {
    rows: none.filter((one) => !told.has(one)),
    groups: shared.map(({ words, jobs }) => `${words}: ${jobs.map(({ job }) => job).join(', ')}`),
  };
}

/** Without the warnings about cron and the crontab at the end, for a list that says them once. */
export function withoutWarnings({ words, clock }: NoTick): string {
  const warnings = clock?.warnings.join('; ') ?? '';
  if (warnings === '') return words;
  for (const end of [`; ${warnings}`, `: ${warnings}`]) if (words.endsWith(end)) return words.slice(0, -end.length);
  return words;
}
