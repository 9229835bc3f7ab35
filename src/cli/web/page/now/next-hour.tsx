/** The starts of the coming hour, by the minute. */
import type { UpcomingTick } from '../../../../report/clock/upcoming.ts';
import { printable } from '../../../../text/printable.ts';
import { type View, When } from '../frame/document.tsx';

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** Minutes that are shown; the timeline has all. */
const mostMinutes = 12;
const mostNames = 3;

export function NextHour({ view }: { readonly view: View }) {
  const { snapshot, reader, base } = view;
  const { atMs } = snapshot.host;
  const slugs = snapshot.jobs.flatMap((job) =>
    'nextMs' in job && (job.nextMs ?? Infinity) <= atMs + hourMs ? [job.slug] : [],
  );
  const minutes = byMinute(reader.ticksIn(slugs, { fromMs: atMs, untilMs: atMs + hourMs }));
  const most = minutes.reduce((so, { jobs }) => Math.max(so, jobs.length), 0);
  return (
    <section>
      <h2>Next hour</h2>
      {minutes.length === 0 && <p class="soft">No job is due in the next hour.</p>}
      <ol class="minutes">
        {minutes.slice(0, mostMinutes).map(({ startMs, jobs }) => (
          <li>
            <When ms={startMs} view={view} isBare />
            <span>{jobs.length}</span>
            <span class="soft">
              {printable(jobs.slice(0, mostNames).join(', '))}
              {jobs.length > mostNames && ` and ${jobs.length - mostNames} more`}
              {jobs.length === most && most >= crowd && ' · crowded'}
            </span>
          </li>
        ))}
      </ol>
      <p>
        <a href={`${base}/timeline`}>
          {minutes.length > mostMinutes ? `${minutes.length - mostMinutes} more minutes in the timeline` : 'timeline'}
        </a>
      </p>
    </section>
  );
}

/** So many starts in one minute are worth a word. */
const crowd = 5;

interface Minute {
  readonly startMs: number;
  readonly jobs: readonly string[];
}

function byMinute(ticks: readonly UpcomingTick[]): readonly Minute[] {
  const minutes = new Map<number, string[]>();
  for (const { job, startMs, paused } of ticks) {
    if (paused !== undefined) continue;
    const minute = Math.floor(startMs / minuteMs) * minuteMs;
    const known = minutes.get(minute);
    if (known === undefined) minutes.set(minute, [job]);
    else known.push(job);
  }
  return [...minutes].sort(([a], [b]) => a - b).map(([startMs, jobs]) => ({ startMs, jobs }));
}
