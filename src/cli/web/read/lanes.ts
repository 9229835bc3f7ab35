/** The runs of each job in a span of time, in the least room, and remembered as long as nothing is written to its history. */
import type { Config } from '../../../config/config.ts';
import type { AnySnapshot } from '../../../report/text/job.ts';
import { type StripItem, stripOf } from '../../../run/history/strip.ts';
import { files } from '../../../system/file/files.ts';
import type { FileFacts } from '../../../system/types/file.ts';
import type { Jobs } from '../../report/snapshots.ts';
import { isIn, type Span } from './span.ts';

/** Runs that are remembered; the jobs beyond are read each time. */
const mostRuns = 200_000;

interface Known {
  readonly key: string;
  readonly items: readonly StripItem[];
}

export function historyFacts(slug: string, { stateDirectory }: Pick<Config, 'stateDirectory'>): FileFacts | undefined {
  return files.facts(`${stateDirectory}/history/${slug}.jsonl`);
}

export function rememberedLanes(config: Config, open: () => Jobs) {
  let known = new Map<string, Known>();
  let spanKey = '';
  let count = 0;
  return (all: readonly AnySnapshot[], span: Span): ReadonlyMap<string, readonly StripItem[]> => {
    const asked = `${span.fromMs} ${span.untilMs}`;
    if (asked !== spanKey) [known, spanKey, count] = [new Map(), asked, 0];
    const jobs = open();
    const lanes = new Map<string, readonly StripItem[]>();
    for (const job of all) {
      const { slug } = job;
      const short = fromStrip(job, span);
      if (short !== undefined) {
        lanes.set(slug, short);
        continue;
      }
      const facts = historyFacts(slug, config);
      const key = `${facts?.inode} ${facts?.sizeBytes} ${facts?.mtimeMs}`;
      const kept = known.get(slug);
      const items =
        kept?.key === key
          ? kept.items
          : stripOf(
              jobs.runs(slug).filter((run) => isIn(run, span)),
              Number.POSITIVE_INFINITY,
            );
      lanes.set(slug, items);
      // A run under way may end without a word in its history.
      if (kept?.key === key || items.some(({ is }) => is === 'running')) continue;
      count += items.length - (kept?.items.length ?? 0);
      if (count < mostRuns) known.set(slug, { key, items });
    }
    return lanes;
  };
}

/** The last runs of a snapshot tell all of the span when they reach further back. */
function fromStrip(job: AnySnapshot, { fromMs, untilMs }: Span): readonly StripItem[] | undefined {
  if (!('strip' in job)) return undefined;
  const [first] = job.strip;
  const reachesBack = first !== undefined && first.startedMs + (first.durationMs ?? 0) < fromMs;
  if (!reachesBack || job.strip.some(({ is }) => is === 'running')) return undefined;
  return job.strip.filter(({ startedMs, durationMs = 0 }) => startedMs < untilMs && startedMs + durationMs >= fromMs);
}
