/** All jobs and services as one table; its filter, order and page are in the address. */

import type { AnySnapshot } from '../../../report/text/job.ts';
import { listedJob } from '../../../report/text/job-row.ts';
import { relativeText, shortDuration } from '../../../report/text/relative.ts';
import { printable } from '../../../text/printable.ts';
import { countsOf } from './frame/attention.ts';
import { allJobs, Document, JobLink, State, type View, When, worstWords } from './frame/document.tsx';
import { type ListPart, type ListQuery, type Order, partOf, queryText } from './frame/list.ts';
import { remembered } from './frame/remembered.ts';
import { Strip } from './frame/strip.tsx';

const columns: readonly (readonly [title: string, sort?: Order])[] = [
  ['State', 'need'],
  ['Job', 'name'],
  ['Last run', 'last'],
  ['Took', 'took'],
  ['Next', 'next'],
  ['Last runs'],
];

export function Jobs({ query, ...view }: View & { readonly query: ListQuery }) {
  const jobs = allJobs(view.snapshot);
  const part = partOf(jobs, query);
  const to = (sort: Order) => `${view.base}/jobs${queryText({ ...query, sort, page: 1 })}`;
  return (
    <Document {...view} here="jobs" title={`Jobs · ${worstWords(jobs)}`}>
      <h1>{part.count === jobs.length ? `${jobs.length} jobs` : `${part.count} of ${jobs.length} jobs`}</h1>
      <Filter jobs={jobs} query={query} base={view.base} />
      {part.count === 0 && <p>No job is like that.</p>}
      <table class="list">
        <thead>
          <tr>
            {columns.map(([title, sort]) => (
              <th scope="col" aria-sort={sort === query.sort ? 'other' : undefined}>
                {sort === undefined ? title : <a href={to(sort)}>{title}</a>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {part.rows.map((job) => (
            <Row job={job} view={view} />
          ))}
        </tbody>
      </table>
      <Pages part={part} query={query} base={view.base} />
    </Document>
  );
}

function Row({ job, view }: { readonly job: AnySnapshot; readonly view: View }) {
  const { atMs } = view.snapshot.host;
  const { note, lastMs, tookMs, nextMs, strip } = listedJob(job, view.formatTime);
  return (
    <tr id={`job-${job.slug}`} data-row="">
      <td>
        <State job={job} />
      </td>
      <td class="name">
        <JobLink job={job} base={view.base} />{' '}
        <span class="tags">{job.tags.map((tag) => printable(tag)).join(' ')}</span>
        {note !== '' && <p class="note">{printable(note)}</p>}
      </td>
      <td>
        {lastMs !== undefined && <Short label="last" ms={lastMs} view={view} words={relativeText(lastMs, atMs)} />}
      </td>
      <td>
        {tookMs !== undefined && (
          <>
            <span class="label">took </span>
            {shortDuration(tookMs)}
          </>
        )}
      </td>
      <td>
        {nextMs !== undefined && (
          <>
            <span class="label">next </span>
            <When ms={nextMs} view={view} />
          </>
        )}
      </td>
      <td>{strip !== undefined && <Strip items={strip} />}</td>
    </tr>
  );
}

interface ShortProps {
  readonly label: string;
  readonly ms: number;
  readonly words: string;
  readonly view: View;
}

function Short({ label, ms, words, view }: ShortProps) {
  return (
    <>
      <span class="label">{label} </span>
      <time datetime={new Date(ms).toISOString()} title={view.formatTime(ms)}>
        {words}
      </time>
    </>
  );
}

interface FilterProps {
  readonly jobs: readonly AnySnapshot[];
  readonly query: ListQuery;
  readonly base: string;
}

function Filter({ jobs, query, base }: FilterProps) {
  const states = new Set([...countsOf(jobs).map(({ state }) => state as string), query.state]);
  const tags = new Set([...tagsOf(jobs), query.tag]);
  const isFiltered = query.q !== '' || query.state !== '' || query.tag !== '';
  return (
    <search>
      <form action={`${base}/jobs`} method="get">
        <label>
          Name contains
          <input type="search" name="q" value={printable(query.q)} />
        </label>
        <Choice label="State" name="state" values={states} chosen={query.state} />
        <Choice label="Tag" name="tag" values={tags} chosen={query.tag} />
        {query.sort !== 'need' && <input type="hidden" name="sort" value={query.sort} />}
        <button type="submit">Show</button>
        {isFiltered && <a href={`${base}/jobs${queryText({ sort: query.sort })}`}>all</a>}
      </form>
    </search>
  );
}

const tagsOf = remembered((jobs: readonly AnySnapshot[]) => new Set(jobs.flatMap((job) => job.tags)));

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly values: ReadonlySet<string>;
  readonly chosen: string;
}

/** A value with characters that can't be seen is left out: its text would not be what it says. */
export function Choice({ label, name, values, chosen }: ChoiceProps) {
  return (
    <label>
      {label}
      <select name={name}>
        <option value="">all</option>
        {[...values]
          .filter((value) => value !== '' && value === printable(value))
          .sort()
          .map((value) => (
            <option value={value} selected={value === chosen}>
              {printable(value)}
            </option>
          ))}
      </select>
    </label>
  );
}

function Pages({ part, query, base }: { readonly part: ListPart; readonly query: ListQuery; readonly base: string }) {
  const { page, pages } = part;
  if (pages === 1) return null;
  const to = (wanted: number) => `${base}/jobs${queryText({ ...query, page: wanted })}`;
  return (
    <nav aria-label="Pages" class="pages">
      {page > 1 && <a href={to(page - 1)}>◂ page {page - 1}</a>} page {page} of {pages}{' '}
      {page < pages && <a href={to(page + 1)}>page {page + 1} ▸</a>}
    </nav>
  );
}
