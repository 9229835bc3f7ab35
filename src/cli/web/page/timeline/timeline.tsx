/** All jobs of one day on one scale: past runs as bars, starts to come as hollow marks, and the minutes in which many start. */
import { printable } from '../../../../text/printable.ts';
import { Document, type View, worstWords } from '../frame/document.tsx';
import { Choice } from '../jobs.tsx';
import { type Day, dayMs, type TimelineQuery } from './day.ts';
import { Hours, LaneRow } from './lane.tsx';
import { RunTable } from './run-table.tsx';
import { Starts } from './starts.tsx';

interface TimelineProps extends View {
  readonly query: TimelineQuery;
  readonly found: Day;
  /** Another zone than the host's, in which the times of this view are shown. */
  readonly inZone?: Pick<View, 'formatTime' | 'dayStartMs'> & { readonly zone: string };
}

const lanesOfPage = 60;
export function Timeline({ query, found, inZone, ...host }: TimelineProps) {
  const view: View = { ...host, ...inZone };
  const { snapshot, base } = view;
  const { day, span, lanes, ticks, jobs, unread } = found;
  const pages = Math.max(1, Math.ceil(lanes.length / lanesOfPage));
  const shownPage = Math.min(query.page, pages);
  const shown = lanes.slice((shownPage - 1) * lanesOfPage, shownPage * lanesOfPage);
  const to = (more: Partial<TimelineQuery>) => `${base}/timeline${queryText({ ...query, page: 1, ...more })}`;
  const [before, after] = [-1, 1].map((days) => new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10));
  const tags = new Set([...snapshot.jobs.flatMap((job) => job.tags), query.tag]);
  return (
    <Document {...host} here="timeline" title={`Timeline ${day} · ${worstWords(snapshot.jobs)}`}>
      <h1>Timeline of {day}</h1>
      <form action={`${base}/timeline`} method="get">
        <span class="choices">
          <a href={to({ day: before ?? '' })}>◂ day before</a>
          <a href={to({ day: after ?? '' })}>next day ▸</a>
          {query.day !== '' && <a href={to({ day: '' })}>today</a>}
        </span>
        <label>
          Day
          <input type="date" name="day" value={day} />
        </label>
        <Choice label="Tag" name="tag" values={tags} chosen={query.tag} />
        <label>
          Zone
          <input
            type="text"
            name="zone"
            value={printable(query.zone)}
            placeholder={printable(snapshot.host.timeZone)}
          />
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="soft">
        {query.zone !== '' && inZone === undefined && 'This host knows no such zone. '}
        Times of {printable(inZone?.zone ?? snapshot.host.timeZone)}. {lanes.length} of {jobs} jobs run on this day;
        those that need you come first.
      </p>
      {unread > 0 && (
        <p class="soft">
          The histories of {unread} of these jobs are still being read: runs of theirs may be missing here for a moment.
        </p>
      )}
      <Starts lanes={lanes} span={span} ticks={ticks} view={view} />
      <table class="timeline">
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">
              <Hours />
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((lane) => (
            <LaneRow lane={lane} span={span} view={view} />
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <nav aria-label="Pages" class="pages">
          {shownPage > 1 && <a href={to({ page: shownPage - 1 })}>◂ page {shownPage - 1}</a>} page {shownPage} of{' '}
          {pages} {shownPage < pages && <a href={to({ page: shownPage + 1 })}>page {shownPage + 1} ▸</a>}
        </nav>
      )}
      <RunTable lanes={shown} view={view} />
    </Document>
  );
}

function queryText({ day, tag, zone, page }: TimelineQuery): string {
  const words: [string, string][] = [];
  if (day !== '') words.push(['day', day]);
  if (tag !== '') words.push(['tag', tag]);
  if (zone !== '') words.push(['zone', zone]);
  if (page > 1) words.push(['page', String(page)]);
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}
