/** The runs of one job as a table: all, those that failed, or those that people started; newest first. */
import type { RunSnapshot } from '../../../../report/latest-runs.ts';
import { isFailure, triggerWords } from '../../../../report/text/history.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { shortDuration } from '../../../../report/text/relative.ts';
import { printable } from '../../../../text/printable.ts';
import type { JobRecord } from '../../read/host-reader.ts';
import { jobPath, runPath, type View, When } from '../frame/document.tsx';

export const runFilters = ['all', 'failed', 'people'] as const;

export interface RunsQuery {
  readonly runs: (typeof runFilters)[number];
  /** Only runs that started before this moment, milliseconds since 1970. */
  readonly beforeMs?: number;
}

interface RunsProps {
  readonly job: AnySnapshot;
  readonly record: JobRecord;
  readonly query: RunsQuery;
  readonly view: View;
}

const rows = 25;
const filterWords = { all: 'all', failed: 'failed', people: 'started by people' } as const;

export function Runs({ job, record: { entries }, query, view }: RunsProps) {
  const { beforeMs = Number.POSITIVE_INFINITY } = query;
  const runs = entries.flatMap((entry) => (entry.is === 'run' && isWanted(entry.run, query.runs) ? [entry.run] : []));
  const shown = runs.filter(({ startedMs }) => startedMs < beforeMs).slice(-rows);
  const [oldest] = shown;
  const hasOlder = oldest !== undefined && runs[0] !== oldest;
  const to = (more: Readonly<Record<string, string>>) =>
    `${jobPath(job, view.base)}?${new URLSearchParams(more).toString()}#runs`;
  return (
    <section id="runs">
      <h2>Runs</h2>
      <p class="choices">
        {runFilters.map((filter) => (
          <a href={to({ runs: filter })} aria-current={filter === query.runs ? 'true' : undefined}>
            {filterWords[filter]}
          </a>
        ))}
      </p>
      {shown.length === 0 && <p class="soft">No such run is on record.</p>}
      {shown.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Started</th>
              <th scope="col">Took</th>
              <th scope="col">What happened</th>
              <th scope="col">File</th>
            </tr>
          </thead>
          <tbody>
            {[...shown].reverse().map((run) => (
              <RunRow run={run} before={runs[runs.indexOf(run) - 1]} slug={job.slug} view={view} />
            ))}
          </tbody>
        </table>
      )}
      {hasOlder && (
        <p>
          <a href={to({ runs: query.runs, before: String(oldest.startedMs) })}>older ▸</a>
        </p>
      )}
    </section>
  );
}

interface RunRowProps {
  readonly run: RunSnapshot;
  /** The run before it in the table. */
  readonly before: RunSnapshot | undefined;
  readonly slug: string;
  readonly view: View;
}

function RunRow({ run, before, slug, view }: RunRowProps) {
  const { startedMs, durationMs, jobSha256, logPath, trigger } = run;
  const entry = { job: slug, is: 'run', run } as const;
  const isChanged = jobSha256 !== undefined && before?.jobSha256 !== undefined && before.jobSha256 !== jobSha256;
  return (
    <tr id={`run-${run.run}`} data-row="">
      <td>
        {logPath === undefined ? (
          <When ms={startedMs} view={view} isBare />
        ) : (
          <a href={runPath(slug, run.run, view.base)}>
            <When ms={startedMs} view={view} isBare />
          </a>
        )}
      </td>
      <td>{durationMs !== undefined && shortDuration(durationMs)}</td>
      <td>
        <span class={isFailure(entry) ? 'bad' : ''}>{printable(run.words)}</span>
        {trigger !== undefined && trigger.by !== 'clock' && (
          <span class="soft">, {printable(triggerWords(trigger) ?? '')}</span>
        )}
      </td>
      <td>
        {jobSha256 !== undefined && <code>{jobSha256.slice(0, 8)}</code>}
        {isChanged && <span class="soft"> changed</span>}
      </td>
    </tr>
  );
}

function isWanted(run: RunSnapshot, filter: RunsQuery['runs']): boolean {
  if (filter === 'people') return run.trigger?.by === 'person';
  return filter === 'all' || isFailure({ job: '', is: 'run', run });
}
