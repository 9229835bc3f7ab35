/** The first view: does anything need a person, since when, and what to type? The host comes first. */

import type { HostFacts } from '../../../report/host-snapshot.ts';
import { relativeText } from '../../../report/text/relative.ts';
import { printable } from '../../../text/printable.ts';
import { byNeed, countsOf, needsPerson, type PageJob, reasonOf } from './attention.ts';
import { allJobs, Document, JobLink, State, type View, worstWords } from './document.tsx';
import { queryText } from './list.ts';

/** More than this nobody reads; the list of all has the rest. */
const mostShown = 50;

export function Now(view: View) {
  const { snapshot, base } = view;
  const jobs = allJobs(snapshot);
  const needing = byNeed(jobs.filter(needsPerson));
  const running = jobs.filter(({ activity }) => activity.is === 'running');
  const rest = needing.length - mostShown;
  return (
    <Document {...view} here="now" title={hostWords(snapshot.host)[0] ?? worstWords(jobs)}>
      {hostWords(snapshot.host).map((words) => (
        <p class="banner bad">{words}</p>
      ))}
      <h1>{needing.length === 0 ? 'Nothing needs you' : `${needing.length} of ${jobs.length} need you`}</h1>
      <ul class="needs">
        {needing.slice(0, mostShown).map((job) => (
          <Need job={job} view={view} />
        ))}
      </ul>
      {rest > 0 && (
        <p>
          <a href={`${base}/jobs`}>{rest} more</a>
        </p>
      )}
      <h2>Running</h2>
      {running.length === 0 && <p class="soft">Nothing runs now.</p>}
      <ul>
        {running.map((job) => (
          <li>
            <JobLink job={job} base={base} /> {sinceWords(job, view)}
          </li>
        ))}
      </ul>
      <h2>All {jobs.length}</h2>
      <ul class="counts">
        {countsOf(jobs).map(({ state, count }) => (
          <li>
            <a href={`${base}/jobs${queryText({ state })}`}>
              {count} {state}
            </a>
          </li>
        ))}
      </ul>
    </Document>
  );
}

function Need({ job, view }: { readonly job: PageJob; readonly view: View }) {
  const { failingSinceMs } = job.streak;
  return (
    <li>
      <p>
        <State job={job} /> <JobLink job={job} base={view.base} /> {printable(reasonOf(job))}
      </p>
      <p class="soft">
        {failingSinceMs !== undefined && `failing since ${view.formatTime(failingSinceMs)} · `}
        <code>jobctl why {job.slug}</code>
      </p>
    </li>
  );
}

function sinceWords({ activity }: PageJob, { snapshot }: View): string {
  if (activity.is !== 'running' || activity.sinceMs === undefined) return '';
  return `since ${relativeText(activity.sinceMs, snapshot.host.atMs)}`;
}

/** Troubles of the host, and so of many jobs at once. */
function hostWords({ cron, isCrontabInSync, undeliveredNotices }: HostFacts): readonly string[] {
  return [
    ...(cron === 'stopped' ? ['cron is not running: the clock starts no job'] : []),
    ...(isCrontabInSync === false ? ['the crontab does not say what the job files say: run cron-generate'] : []),
    ...(undeliveredNotices > 0 ? [`${undeliveredNotices} notices are not delivered yet`] : []),
  ];
}
