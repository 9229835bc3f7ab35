/** Starts per minute, past and to come, and the minutes in which many start. */
import type { UpcomingTick } from '../../../../report/clock/upcoming.ts';
import { crowdedMinutes } from '../../read/host-reader.ts';
import type { Span } from '../../read/span.ts';
import { type View, When } from '../frame/document.tsx';
import type { Lane } from './day.ts';
import { width } from './scale.ts';

const minuteMs = 60_000;

interface StartsProps {
  readonly lanes: readonly Lane[];
  readonly span: Span;
  readonly ticks: readonly UpcomingTick[];
  readonly view: View;
}

const startsHeight = 40;
/** So many starts in one minute are worth a word. */
const crowd = 5;
/** A column of the chart is ten minutes; the words name the minute. */
const columnMs = 10 * minuteMs;

export function Starts({ lanes, span, ticks, view }: StartsProps) {
  const starts = [
    ...lanes.flatMap(({ runs }) => runs.map(({ startedMs }) => startedMs)),
    ...ticks.flatMap(({ startMs, paused }) => (paused === undefined ? [startMs] : [])),
  ].filter((ms) => ms >= span.fromMs && ms < span.untilMs);
  const columns = new Map<number, number>();
  const minutes = new Map<number, number>();
  for (const ms of starts) {
    const minute = Math.floor(ms / minuteMs) * minuteMs;
    const count = (minutes.get(minute) ?? 0) + 1;
    minutes.set(minute, count);
    const column = Math.floor((ms - span.fromMs) / columnMs);
    columns.set(column, Math.max(columns.get(column) ?? 0, count));
  }
  const most = [...columns.values()].reduce((so, count) => Math.max(so, count), 1);
  const step = (columnMs / (span.untilMs - span.fromMs)) * width;
  const path = [...columns]
    .map(([column, count]) => {
      const tall = (count / most) * startsHeight;
      return `M${(column * step).toFixed(1)} ${startsHeight}v-${tall.toFixed(1)}h${(step - 1).toFixed(1)}v${tall.toFixed(1)}z`;
    })
    .join('');
  const [top] = [...minutes].sort(([a, x], [b, y]) => y - x || a - b);
  const crowded = crowdedMinutes(ticks)
    .filter(({ starts: count }) => count >= crowd)
    .slice(0, 5);
  return (
    <section>
      <h2>Starts per minute</h2>
      <p class="soft">
        {starts.length} starts
        {top !== undefined && `, the most in one minute ${top[1]}, at ${view.formatTime(top[0]).slice(11, 16)}`}
      </p>
      <svg
        class="starts"
        role="img"
        aria-label={`${starts.length} starts, at most ${most} in one minute`}
        viewBox={`0 0 ${width} ${startsHeight}`}
        preserveAspectRatio="none"
      >
        <path class="run-other" d={path} />
      </svg>
      {crowded.length > 0 && (
        <p>
          Crowded minutes to come:{' '}
          {crowded.map(({ atMs, starts: count }, index) => (
            <>
              {index > 0 && ', '}
              {count} at <When ms={atMs} view={view} isBare />
            </>
          ))}
        </p>
      )}
    </section>
  );
}
