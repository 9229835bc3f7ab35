/** The worst outcome of each day as a field of squares, a column for each week. */
import type { DayLine } from '../../../../run/history/days.ts';
import { dayMs } from '../../../../zone/zone.ts';
import type { View } from '../frame/document.tsx';

const weeks = 13;
const cell = 14;
const step = 17;
const labelWidth = 26;

type DayKind = 'failure' | 'missed' | 'success' | 'none';

export function Calendar({ days, view }: { readonly days: readonly DayLine[]; readonly view: View }) {
  const { atMs } = view.snapshot.host;
  const kinds = new Map(days.map((day) => [day.day, kindOf(day)]));
  const today = Math.floor(atMs / dayMs);
  // Day 0 of 1970 was a Thursday; a column begins on Monday.
  const weekday = (today + 3) % 7;
  const first = today - weekday - (weeks - 1) * 7;
  const paths = new Map<DayKind, string>();
  const counts = new Map<DayKind, number>();
  for (let day = first; day <= today; day += 1) {
    const kind = kinds.get(new Date(day * dayMs).toISOString().slice(0, 10)) ?? 'none';
    const [column, row] = [Math.floor((day - first) / 7), (day - first) % 7];
    paths.set(kind, `${paths.get(kind) ?? ''}${squareOf(kind, labelWidth + column * step, row * step)}`);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const words = wordsOf(counts);
  return (
    <section>
      <h2>Calendar</h2>
      <p class="soft">{words}</p>
      <svg
        class="calendar"
        role="img"
        aria-label={words}
        width={labelWidth + weeks * step}
        height={7 * step}
        viewBox={`0 0 ${labelWidth + weeks * step} ${7 * step}`}
      >
        {['Mon', 'Wed', 'Fri', 'Sun'].map((name, index) => (
          <text x="0" y={index * 2 * step + 11}>
            {name}
          </text>
        ))}
        {[...paths].map(([kind, path]) => (
          <path class={`day-${kind}`} d={path} />
        ))}
      </svg>
    </section>
  );
}

/** "2 of 85 days had a failure" */
function wordsOf(counts: ReadonlyMap<DayKind, number>): string {
  const count = (kind: DayKind) => counts.get(kind) ?? 0;
  const ran = count('failure') + count('missed') + count('success');
  const missed = count('missed') === 0 ? '' : `, ${count('missed')} a missed start`;
  return `${count('failure')} of ${ran} days had a failure${missed}`;
}

function kindOf({ failure, missed, success }: DayLine): DayKind {
  if (failure > 0) return 'failure';
  if (missed > 0) return 'missed';
  return success > 0 ? 'success' : 'none';
}

/** A failure is a whole square, a day without one a smaller one: the shape says it, too. */
function squareOf(kind: DayKind, x: number, y: number): string {
  const inset = kind === 'failure' ? 0 : kind === 'none' ? 5 : 2;
  const size = cell - 2 * inset;
  return `M${x + inset} ${y + inset}h${size}v${size}h-${size}z`;
}
