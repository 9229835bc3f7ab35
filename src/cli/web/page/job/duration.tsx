/** The durations of the runs of a job: a bar for each span of time up to its longest run, red where one failed; and the same by day as a table. */

import { isFailure } from '../../../../report/text/history.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { shortDuration } from '../../../../report/text/relative.ts';
import type { DayLine } from '../../../../run/history/days.ts';
import { dayMs } from '../../../../zone/zone.ts';
import type { JobRecord } from '../../read/host-reader.ts';
import type { View } from '../frame/document.tsx';

const width = 720;
const height = 140;
const mostColumns = 120;
const leastColumns = 48;
const daysShown = 90;

interface Sample {
  readonly atMs: number;
  readonly tookMs: number;
  readonly isFailure: boolean;
}

interface ChartProps {
  readonly job: AnySnapshot;
  readonly record: JobRecord;
  readonly view: View;
}

export function DurationChart({ job, record, view }: ChartProps) {
  const nowMs = view.snapshot.host.atMs;
  const samples = samplesOf(record, nowMs);
  const timeoutMs = 'timeoutSeconds' in job && job.timeoutSeconds > 0 ? job.timeoutSeconds * 1000 : undefined;
  if (samples.length === 0) return <NoRuns />;
  const firstMs = samples.reduce((first, { atMs }) => Math.min(first, atMs), nowMs);
  const longestMs = samples.reduce((longest, { tookMs }) => Math.max(longest, tookMs), 0);
  // A limit far above every run would make all bars flat.
  const isLimitShown = timeoutMs !== undefined && timeoutMs < longestMs * 2;
  const topMs = Math.max(1, isLimitShown ? Math.max(timeoutMs, longestMs) : longestMs);
  const limitY = isLimitShown ? yOf(timeoutMs, topMs) : undefined;
  const paths = pathsOf(samples, { firstMs, nowMs, topMs });
  return (
    <section>
      <h2>Duration</h2>
      <p class="soft">{summary(samples, timeoutMs)}</p>
      <figure class="chart">
        <svg
          role="img"
          aria-label={`Durations: ${summary(samples, timeoutMs)}`}
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
        >
          <path class="grid" d={`M0 ${yOf(topMs / 2, topMs)}h${width}M0 ${height - 0.5}h${width}`} />
          {limitY !== undefined && <path class="limit" d={`M0 ${limitY}h${width}`} />}
          <path class="run-success" d={paths.well} />
          <path class="run-failure" d={paths.bad} />
        </svg>
        <figcaption>
          <span>{view.formatTime(firstMs).slice(0, 16)}</span>
          <span>
            highest {shortDuration(topMs)}
            {limitY !== undefined && ', dashed: timeout'}
          </span>
          <span>now</span>
        </figcaption>
      </figure>
      <DayTable days={record.days} />
    </section>
  );
}

function NoRuns() {
  return (
    <section>
      <h2>Duration</h2>
      <p class="soft">No run has ended yet.</p>
    </section>
  );
}

/** Runs that are on record one by one, and before them the days. */
function samplesOf({ entries, days }: JobRecord, nowMs: number): readonly Sample[] {
  const sinceMs = nowMs - daysShown * dayMs;
  const runs = entries.flatMap((entry): readonly Sample[] => {
    if (entry.is !== 'run' || entry.run.durationMs === undefined) return [];
    const { startedMs, durationMs } = entry.run;
    return [{ atMs: startedMs, tookMs: durationMs, isFailure: isFailure(entry) }];
  });
  const firstMs = runs[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const earlier = days.flatMap(({ toMs, took, failure }): readonly Sample[] =>
    took === undefined || toMs >= firstMs ? [] : [{ atMs: toMs, tookMs: took.maxMs, isFailure: failure > 0 }],
  );
  return [...earlier, ...runs].filter(({ atMs }) => atMs >= sinceMs);
}

function summary(samples: readonly Sample[], timeoutMs: number | undefined): string {
  const sorted = samples
    .filter((one) => !one.isFailure)
    .map(({ tookMs }) => tookMs)
    .sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const failed = samples.length - sorted.length;
  return [
    ...(sorted.length === 0
      ? []
      : [`half of the runs took at most ${shortDuration(at(0.5))}`, `95 % at most ${shortDuration(at(0.95))}`]),
    ...(failed === 0 ? [] : [`${failed} of ${samples.length} failed`]),
    timeoutMs === undefined ? 'no timeout' : `timeout ${shortDuration(timeoutMs)}`,
  ].join(' · ');
}

function yOf(ms: number, topMs: number): number {
  return Number((height - (ms / topMs) * (height - 4)).toFixed(1));
}

interface Scale {
  readonly firstMs: number;
  readonly nowMs: number;
  readonly topMs: number;
}

/** One path for each outcome; a column has one bar. */
function pathsOf(samples: readonly Sample[], { firstMs, nowMs, topMs }: Scale): { readonly well: string; bad: string } {
  const spanMs = Math.max(1, nowMs - firstMs);
  const columns = Math.max(leastColumns, Math.min(mostColumns, samples.length));
  const cells = new Map<number, { tookMs: number; isFailure: boolean }>();
  for (const { atMs, tookMs, isFailure: failed } of samples) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(((atMs - firstMs) / spanMs) * columns)));
    const cell = cells.get(column) ?? { tookMs: 0, isFailure: false };
    cells.set(column, { tookMs: Math.max(cell.tookMs, tookMs), isFailure: cell.isFailure || failed });
  }
  const paths = { well: '', bad: '' };
  const step = width / columns;
  for (const [column, cell] of cells) {
    // A failure in no time must be seen, too.
    const y = Math.min(height - (cell.isFailure ? 8 : 2), yOf(cell.tookMs, topMs));
    paths[cell.isFailure ? 'bad' : 'well'] += `M${column * step} ${height}V${y}h${step - 1.5}V${height}z`;
  }
  return paths;
}

const dayRows = 31;

/** The chart in numbers. */
function DayTable({ days }: { readonly days: readonly DayLine[] }) {
  return (
    <details>
      <summary>By day, as a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            <th scope="col">Succeeded</th>
            <th scope="col">Failed</th>
            <th scope="col">Skipped</th>
            <th scope="col">Missed</th>
            <th scope="col">Half took at most</th>
            <th scope="col">Longest</th>
          </tr>
        </thead>
        <tbody>
          {days
            .slice(-dayRows)
            .reverse()
            .map(({ day, success, failure, skipped, missed, took }) => (
              <tr>
                <th scope="row">{day}</th>
                <td>{success}</td>
                <td>{failure}</td>
                <td>{skipped}</td>
                <td>{missed}</td>
                <td>{took && shortDuration(took.p50Ms)}</td>
                <td>{took && shortDuration(took.maxMs)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  );
}
