/** The day that a timeline shows: which one is asked for, and each job with its runs and its starts to come on that day. */
import type { UpcomingTick } from '../../../../report/clock/upcoming.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import type { StripItem } from '../../../../run/history/strip.ts';
import type { Span } from '../../read/span.ts';
import { byNeed } from '../frame/attention.ts';
import type { View } from '../frame/document.tsx';

export interface TimelineQuery {
  /** `2026-11-29` in the host's zone; empty: today. */
  readonly day: string;
  readonly tag: string;
  /** The zone that was asked for; empty for the host's. */
  readonly zone: string;
  readonly page: number;
}

export function timelineQueryOf(given: (key: string) => string | undefined): TimelineQuery {
  const day = given('day') ?? '';
  const page = given('page') ?? '';
  return {
    day: /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : '',
    tag: given('tag') ?? '',
    zone: (given('zone') ?? '').slice(0, 100),
    page: /^[1-9]\d{0,3}$/.test(page) ? Number(page) : 1,
  };
}

export interface Lane {
  readonly job: AnySnapshot;
  readonly runs: readonly StripItem[];
  readonly ticks: readonly UpcomingTick[];
}

export interface Day {
  /** `2026-11-29` */
  readonly day: string;
  readonly span: Span;
  /** Those that need a person first; a job that has neither runs nor starts on this day has none. */
  readonly lanes: readonly Lane[];
  readonly ticks: readonly UpcomingTick[];
  /** The number of jobs that were asked for. */
  readonly jobs: number;
  /** The number of jobs of which runs may be missing: their histories are still being read. */
  readonly unread: number;
}

export const dayMs = 86_400_000;

/** The day that was asked for last of a snapshot: a reader who turns pages, and others who look at the same, get it again. */
const latest = new WeakMap<View['snapshot'], { readonly key: string; readonly day: Day }>();

export async function dayOf(view: View, query: TimelineQuery): Promise<Day> {
  const keyNow = () => JSON.stringify([query.day, query.tag, query.zone, view.reader.edition()]);
  const kept = latest.get(view.snapshot);
  if (kept?.key === keyNow()) return kept.day;
  const day = await freshDayOf(view, query);
  if (day.unread === 0) latest.set(view.snapshot, { key: keyNow(), day });
  return day;
}

async function freshDayOf(view: View, query: TimelineQuery): Promise<Day> {
  const { snapshot, reader } = view;
  const { atMs } = snapshot.host;
  const day = query.day === '' ? view.formatTime(atMs).slice(0, 10) : query.day;
  const span = spanOf(day, view);
  const jobs = byNeed(snapshot.jobs.filter(({ tags }) => query.tag === '' || tags.includes(query.tag)));
  const due = jobs.flatMap((job) => ('nextMs' in job && (job.nextMs ?? Infinity) < span.untilMs ? [job.slug] : []));
  const { runs, unread } = await reader.lanesIn(jobs, span);
  const ticks =
    span.untilMs <= atMs ? [] : reader.ticksIn(due, { fromMs: Math.max(atMs, span.fromMs), untilMs: span.untilMs });
  const ticksByJob = grouped(ticks);
  const lanes = jobs
    .map((job): Lane => ({ job, runs: runs.get(job.slug) ?? [], ticks: ticksByJob.get(job.slug) ?? [] }))
    .filter((lane) => lane.runs.length + lane.ticks.length > 0);
  return { day, span, lanes, ticks, jobs: jobs.length, unread };
}

/** Local midnight to the next one: 23 to 25 hours. */
function spanOf(day: string, { dayStartMs }: View): Span {
  const next = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
  return { fromMs: dayStartMs(day), untilMs: dayStartMs(next) };
}

function grouped(ticks: readonly UpcomingTick[]): ReadonlyMap<string, readonly UpcomingTick[]> {
  const byJob = new Map<string, UpcomingTick[]>();
  for (const tick of ticks) {
    const known = byJob.get(tick.job);
    if (known === undefined) byJob.set(tick.job, [tick]);
    else known.push(tick);
  }
  return byJob;
}
