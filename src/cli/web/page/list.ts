/** The part of all jobs that the address of a listing asks for: filter, order and page. */
import { byNeed, type PageJob } from './attention.ts';

export interface ListQuery {
  /** A part of the name, in any case. */
  readonly q: string;
  readonly tag: string;
  readonly state: string;
  readonly sort: 'need' | 'name';
  /** From 1. */
  readonly page: number;
}

/** Rows of one page. */
const pageRows = 100;

export interface ListPart {
  readonly rows: readonly PageJob[];
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
    sort: given('sort') === 'name' ? 'name' : 'need',
    page: /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1,
  };
}

/** A page behind the last one is the last one. */
export function partOf(jobs: readonly PageJob[], { q, tag, state, sort, page }: ListQuery): ListPart {
  const wanted = q.toLowerCase();
  const found = jobs.filter(
    (job) =>
      namesOf(job).some((name) => name.toLowerCase().includes(wanted)) &&
      (tag === '' || job.tags.includes(tag)) &&
      (state === '' || job.state === state),
  );
  const sorted = sort === 'need' ? byNeed(found) : [...found].sort((a, b) => (a.slug < b.slug ? -1 : 1));
  const pages = Math.max(1, Math.ceil(found.length / pageRows));
  const shown = Math.min(page, pages);
  return { rows: sorted.slice((shown - 1) * pageRows, shown * pageRows), count: found.length, page: shown, pages };
}

function namesOf(job: PageJob): readonly string[] {
  return 'name' in job ? [job.slug, job.name] : [job.slug];
}

/** The query of another page, or of another filter; what is empty is left out. */
export function queryText(query: Partial<ListQuery>): string {
  const { sort, page = 1, ...texts } = query;
  const words = Object.entries(texts).filter(([, text]) => text !== '');
  if (sort === 'name') words.push(['sort', 'name']);
  if (page > 1) words.push(['page', String(page)]);
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}
