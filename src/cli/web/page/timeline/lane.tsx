/** The lane of one job: past runs as bars, starts to come as hollow marks. */
import type { StripItem } from '../../../../run/history/strip.ts';
import type { Span } from '../../read/span.ts';
import { kindOf as kindOfJob, signs } from '../frame/attention.ts';
import { JobLink, type View } from '../frame/document.tsx';
import type { Lane } from './day.ts';
import { width, xOf } from './scale.ts';

const height = 18;
/** A run of a second must be seen. */
const leastWidth = 3;

export function Hours() {
  return (
    <span class="hours">
      {Array.from({ length: 12 }, (_, index) => (
        <span>{String(index * 2).padStart(2, '0')}</span>
      ))}
    </span>
  );
}

interface LaneProps {
  readonly lane: Lane;
  readonly span: Span;
  readonly view: View;
}

export function LaneRow({ lane: { job, runs, ticks }, span, view }: LaneProps) {
  const nowMs = view.snapshot.host.atMs;
  const paths = new Map<string, string>();
  const add = (kind: string, path: string) => paths.set(kind, `${paths.get(kind) ?? ''}${path}`);
  for (const run of runs) add(run.is, barOf(run, span, nowMs));
  for (const { startMs, paused } of ticks) if (paused === undefined) add('tick', `M${xOf(startMs, span)} 7v4`);
  const failed = runs.filter(({ is }) => is === 'failure' || is === 'missed').length;
  const words = `${runs.length} runs, ${failed} failed, ${ticks.length} to come`;
  const isToday = span.fromMs <= nowMs && nowMs < span.untilMs;
  return (
    <tr id={`lane-${job.slug}`} data-row="">
      <th scope="row">
        <span class={`state ${kindOfJob(job)}`}>
          <span aria-hidden="true">{signs[kindOfJob(job)]}</span> <span class="unseen">{job.state}</span>
        </span>
        <JobLink job={job} base={view.base} />
      </th>
      <td>
        <svg class="lane" role="img" aria-label={words} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
          <path class="grid" d={Array.from({ length: 13 }, (_, hour) => `M${hour * 120} 0v${height}`).join('')} />
          {isToday && <path class="now" d={`M${xOf(nowMs, span)} 0v${height}`} />}
          {[...paths].map(([kind, path]) => (
            <path class={`run-${kind}`} d={path} />
          ))}
        </svg>
      </td>
    </tr>
  );
}

function barOf(run: StripItem, span: Span, nowMs: number): string {
  const endMs = run.is === 'running' ? nowMs : run.startedMs + (run.durationMs ?? 0);
  const from = Math.max(0, xOf(run.startedMs, span));
  const wide = Math.max(leastWidth, Math.min(width, xOf(endMs, span)) - from);
  // A failure is taller: its shape says it, too.
  return run.is === 'failure' ? `M${from} 1h${wide}v16h-${wide}z` : `M${from} 5h${wide}v8h-${wide}z`;
}
