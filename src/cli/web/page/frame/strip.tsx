/** The last runs of a job as bars, as `jobctl status` has them: a high bar is a run that took unusually long. */
import { stripHeights } from '../../../../report/text/strip.ts';
import type { StripItem } from '../../../../run/history/strip.ts';

const barWidth = 5;
const step = 7;
const height = 20;

/** The one word for each kind of run, for those who don't see the bars. */
export const runWords: Readonly<Record<StripItem['is'], string>> = {
  success: 'succeeded',
  failure: 'failed',
  skipped: 'skipped',
  missed: 'missed',
  running: 'running',
  other: 'stopped',
};

export function Strip({ items }: { readonly items: readonly StripItem[] }) {
  if (items.length === 0) return null;
  const heights = stripHeights(items);
  const paths = new Map<StripItem['is'], string>();
  for (const [index, { is }] of items.entries())
    paths.set(is, `${paths.get(is) ?? ''}${shapeOf(is, index * step, heights[index] ?? 0)}`);
  return (
    <svg
      class="strip"
      role="img"
      aria-label={labelOf(items)}
      width={items.length * step}
      height={height}
      viewBox={`0 0 ${items.length * step} ${height}`}
    >
      {[...paths].map(([is, path]) => (
        <path class={`run-${is}`} d={path} />
      ))}
    </svg>
  );
}

function labelOf(items: readonly StripItem[]): string {
  const counts = new Map<string, number>();
  for (const { is } of items) counts.set(runWords[is], (counts.get(runWords[is]) ?? 0) + 1);
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return `last ${items.length} runs: ${parts.join(', ')}`;
}

/** Failures are a cross as well as a colour, and what did not run is a dash at the ground. */
function shapeOf(is: StripItem['is'], x: number, share: number): string {
  if (is === 'failure') return `M${x} 4h${barWidth}v${height - 4}h-${barWidth}z`;
  if (is === 'skipped' || is === 'missed') return `M${x} ${height - 2}h${barWidth}v2h-${barWidth}z`;
  const tall = Math.max(3, Math.round(share * height));
  return `M${x} ${height - tall}h${barWidth}v${tall}h-${barWidth}z`;
}
