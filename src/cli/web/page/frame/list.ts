/** The part of all jobs that the address of a listing asks for: filter, order and page. */
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { byNeed } from './attention.ts';

const orders = ['need', 'name', 'last', 'took', 'next'] as const;
export type Order = (typeof orders)[number];

export interface ListQuery {
  /** A part of the name, in any case. */
  readonly q: string;
  readonly tag: string;
  readonly state: string;
  readonly sort: Order;
  /** From 1. */
  readonly page: number;
}

/** Rows of one page. */
const pageRows = 100;

export interface ListPart {
  readonly rows: readonly AnySnapshot[];
  readonly count: number;
  readonly page: number;
  readonly pages: number;
}

export function queryOf(given: (key: string) => string | undefined): ListQuery {
  const page = given('page') ?? '';
  return {
    q: given('q') ?? '',
    tag: given('tag') ?? '',
    state: given('state') ?? '',
    sort: orders.find((order) => order === given('sort')) ?? 'need',
    page: /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1,
  };
}

/** A page behind the last one is the last one. */
export function partOf(jobs: readonly AnySnapshot[], { q, tag, state, sort, page }: ListQuery): ListPart {
  const wanted = q.toLowerCase();
  const isAll = q === '' && tag === '' && state === '';
  const found = isAll
    ? jobs
    : jobs.filter(
        (job) =>
          namesOf(job).some((name) => name.toLowerCase().includes(wanted)) &&
          (tag === '' || job.tags.includes(tag)) &&
          (state === '' || job.state === state),
      );
  const sorted = inOrder(found, sort);
  const pages = Math.max(1, Math.ceil(found.length / pageRows));
  const shown = Math.min(page, pages);
  return { rows: sorted.slice((shown - 1) * pageRows, shown * pageRows), count: found.length, page: shown, pages };
}

function namesOf(job: AnySnapshot): readonly string[] {
  return 'name' in job ? [job.slug, job.name] : [job.slug];
}

/** Newest and longest first, but the next start first; jobs without the value last. */
const keys: Readonly<Record<'last' | 'took' | 'next', (job: AnySnapshot) => number>> = {
  last: ({ lastRun }) => -(lastRun?.startedMs ?? 0),
  took: ({ lastEnd }) => -(lastEnd?.durationMs ?? -1),
  next: (job) => ('nextMs' in job ? job.nextMs : undefined) ?? Number.POSITIVE_INFINITY,
};

function inOrder(jobs: readonly AnySnapshot[], sort: Order): readonly AnySnapshot[] {
  if (sort === 'need') return byNeed(jobs);
  const key = sort === 'name' ? () => 0 : keys[sort];
  return [...jobs].sort((a, b) => (key(a) === key(b) ? (a.slug < b.slug ? -1 : 1) : key(a) < key(b) ? -1 : 1));
}

/** The query of another page, or of another filter; what is empty is left out. */
export function queryText(query: Partial<ListQuery>): string {
  const { sort = 'need', page = 1, ...texts } = query;
  const words = Object.entries(texts).filter(([, text]) => text !== '');
  if (sort !== 'need') words.push(['sort', sort]);
  if (page > 1) words.push(['page', String(page)]);
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}
