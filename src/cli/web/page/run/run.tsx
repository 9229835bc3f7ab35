/** One run: how it ended, who started it, and its log, which opens at its end. */
import type { RunSnapshot } from '../../../../report/latest-runs.ts';
import { entryWords, isFailure, triggerWords } from '../../../../report/text/history.ts';
import type { AnySnapshot } from '../../../../report/text/job.ts';
import { shortDuration } from '../../../../report/text/relative.ts';
import { printable } from '../../../../text/printable.ts';
import { sizeText } from '../../../../text/size.ts';
import type { JobRecord } from '../../read/host-reader.ts';
import { Document, Facts, JobLink, runPath, Sign, type View, When } from '../frame/document.tsx';
import { Log, type LogView } from './log.tsx';

export interface RunProps extends View {
  readonly job: AnySnapshot;
  readonly run: RunSnapshot;
  readonly record: JobRecord;
  readonly log: LogView | undefined;
}

export function RunView({ job, run, record, log, ...view }: RunProps) {
  const { formatTime } = view;
  const entry = { job: job.slug, is: 'run', run } as const;
  const isRunning = run.outcome === undefined;
  const word = isRunning ? 'running' : isFailure(entry) ? 'failed' : run.words;
  return (
    <Document
      {...view}
      title={`${job.slug} ${word} · run of ${formatTime(run.startedMs)}`}
      {...(isRunning && { refreshSeconds: 30 })}
    >
      <h1>
        <JobLink job={job} base={view.base} /> <span class="soft">run of {formatTime(run.startedMs)}</span>
      </h1>
      <p class="lead">
        <Sign kind={isRunning ? 'busy' : isFailure(entry) ? 'bad' : run.words === 'succeeded' ? 'well' : 'held'}>
          {printable(entryWords(entry, formatTime))}
        </Sign>
      </p>
      {isRunning && <Progress job={job} run={run} view={view} />}
      <Neighbours job={job} run={run} record={record} view={view} />
      <details>
        <summary>About this run</summary>
        <Facts facts={factsOf(run, record, view)} />
        <FileChange run={run} record={record} job={job} view={view} />
      </details>
      {log === undefined ? <p class="soft">This run has no log.</p> : <Log {...log} />}
    </Document>
  );
}

function Progress({ job, run, view }: Pick<NeighboursProps, 'job' | 'run' | 'view'>) {
  const usualMs = view.reader.usualMs(job.slug);
  return (
    <p>
      since <When ms={run.startedMs} view={view} />
      {usualMs !== undefined && <span class="soft"> · usually {shortDuration(usualMs)}</span>}
    </p>
  );
}

/** A paragraph about the job's file when this run obeyed another one than the run before. */
function FileChange({ job, run, record, view }: NeighboursProps) {
  const before = runBefore(run, record);
  const [was, is] = [before?.jobSha256, run.jobSha256];
  if (before === undefined || was === undefined || is === undefined || was === is) return null;
  const { file } = record;
  return (
    <p>
      The job's file was changed before this run: the <a href={runPath(job.slug, before.run, view.base)}>run before</a>{' '}
      obeyed <code>{was.slice(0, 12)}</code>, this one <code>{is.slice(0, 12)}</code>. Only these hashes are on record,
      not the earlier text: what was changed can't be shown. A copy with the SHA-256 <code>{was.slice(0, 12)}…</code>{' '}
      has that text.
      {file !== undefined && (
        <>
          {' '}
          The file was changed last <When ms={file.changedMs} view={view} />; it belongs to {printable(file.owner)}.
        </>
      )}
    </p>
  );
}

/** The run before this one of which the file is on record. */
function runBefore(run: RunSnapshot, { entries }: JobRecord): RunSnapshot | undefined {
  const runs = entries.flatMap((entry) => (entry.is === 'run' && entry.run.jobSha256 !== undefined ? [entry.run] : []));
  return runs[runs.findIndex((one) => one.run === run.run) - 1];
}

interface NeighboursProps {
  readonly job: AnySnapshot;
  readonly run: RunSnapshot;
  readonly record: JobRecord;
  readonly view: View;
}

/** Links to the run before and the one after. */
function Neighbours({ job, run, record, view }: NeighboursProps) {
  const runs = record.entries.flatMap((entry) =>
    entry.is === 'run' && entry.run.logPath !== undefined ? [entry.run] : [],
  );
  const at = runs.findIndex((one) => one.run === run.run);
  const [before, after] = [runs[at - 1], at < 0 ? undefined : runs[at + 1]];
  return (
    <nav class="choices" aria-label="Other runs">
      {before !== undefined && <a href={runPath(job.slug, before.run, view.base)}>◂ run before</a>}
      {after !== undefined && <a href={runPath(job.slug, after.run, view.base)}>next run ▸</a>}
      <a href={`${view.base}/why/${encodeURIComponent(job.slug)}?at=${run.tick?.tickMs ?? run.startedMs}`}>why</a>
    </nav>
  );
}

function factsOf(run: RunSnapshot, { file }: JobRecord, view: View) {
  const { startedMs, endedMs, durationMs, trigger, jobSha256, logPath, leftOut, attempt, host } = run;
  const facts: readonly (readonly [string, Parameters<typeof Facts>[0]['facts'][number][1] | undefined])[] = [
    ['Run', run.run],
    ['Started', <When ms={startedMs} view={view} />],
    ['Ended', endedMs === undefined ? undefined : <When ms={endedMs} view={view} />],
    ['Took', durationMs === undefined ? undefined : shortDuration(durationMs)],
    ['Started by', triggerWords(trigger)],
    ['Attempts', attempt === undefined ? undefined : String(attempt)],
    ['Host', host],
    ['Left out of the log', leftOut && `${sizeText(leftOut.bytes)}, ${leftOut.lines} lines`],
    ['Job file', fileWords(jobSha256, file?.sha256)],
    ['Log', logPath],
  ];
  return facts.flatMap(([label, words]) => (words === undefined ? [] : [[label, words] as const]));
}

/** The file that the run obeyed, and whether it is still that one. */
function fileWords(ran: string | undefined, now: string | undefined): string | undefined {
  if (ran === undefined) return undefined;
  const short = `SHA-256 ${ran.slice(0, 12)}`;
  if (now === undefined) return short;
  return ran === now ? `${short}, as it is now` : `${short}; it has changed since`;
}
