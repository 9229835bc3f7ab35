/** All jobs and services as one table; its filter, order and page are in the address. */

import { relativeText, shortDuration } from '../../../report/text/relative.ts';
import { printable } from '../../../text/printable.ts';
import { countsOf, type PageJob, reasonOf } from './attention.ts';
import { allJobs, Document, JobLink, State, type View, worstWords } from './document.tsx';
import { type ListPart, type ListQuery, partOf, queryText } from './list.ts';

export function Jobs({ query, ...view }: View & { readonly query: ListQuery }) {
  const jobs = allJobs(view.snapshot);
  const part = partOf(jobs, query);
  return (
    <Document {...view} here="jobs" title={`Jobs · ${worstWords(jobs)}`}>
      <h1>{part.count === jobs.length ? `${jobs.length} jobs` : `${part.count} of ${jobs.length} jobs`}</h1>
      <Filter jobs={jobs} query={query} base={view.base} />
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Job</th>
            <th scope="col">Last run</th>
            <th scope="col">Took</th>
            <th scope="col">Next</th>
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

function Row({ job, view }: { readonly job: PageJob; readonly view: View }) {
  const { atMs } = view.snapshot.host;
  const nextMs = 'nextMs' in job ? job.nextMs : undefined;
  return (
    <tr>
      <td>
        <State job={job} />
      </td>
      <td>
        <JobLink job={job} base={view.base} />{' '}
        <span class="soft">{job.tags.map((tag) => `#${printable(tag)}`).join(' ')}</span>
      </td>
      <td>
        {printable(reasonOf(job))}
        {job.lastEnd && `, ${relativeText(job.lastEnd.atMs, atMs)}`}
      </td>
      <td>{job.lastEnd?.durationMs !== undefined && shortDuration(job.lastEnd.durationMs)}</td>
      <td>{nextMs !== undefined && `${view.formatTime(nextMs)}, ${relativeText(nextMs, atMs)}`}</td>
    </tr>
  );
}

interface FilterProps {
  readonly jobs: readonly PageJob[];
  readonly query: ListQuery;
  readonly base: string;
}

function Filter({ jobs, query, base }: FilterProps) {
  const states = new Set([...countsOf(jobs).map(({ state }) => state as string), query.state]);
  const tags = new Set([...jobs.flatMap((job) => job.tags), query.tag]);
  return (
    <form action={`${base}/jobs`} method="get">
      <label>
        Name contains
        <input type="search" name="q" value={printable(query.q)} />
      </label>
      <Choice label="State" name="state" values={states} chosen={query.state} />
      <Choice label="Tag" name="tag" values={tags} chosen={query.tag} />
      <label>
        Order
        <select name="sort">
          <option value="">what needs you first</option>
          <option value="name" selected={query.sort === 'name'}>
            by name
          </option>
        </select>
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly values: ReadonlySet<string>;
  readonly chosen: string;
}

/** A value with characters that can't be seen is left out: its text would not be what it says. */

function Choice({ label, name, values, chosen }: ChoiceProps) {
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
    <nav aria-label="Pages">
      {page > 1 && <a href={to(page - 1)}>◂ page {page - 1}</a>} page {page} of {pages}{' '}
      {page < pages && <a href={to(page + 1)}>page {page + 1} ▸</a>}
    </nav>
  );
}
