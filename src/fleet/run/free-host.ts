/**
 * Frees the runs of a host that are over: `run-job --ensure` those of its own host, each under the
 * lock of its job; `jobctl host lost` all of a host of which a person knows that it is off.
 */

import { isSlug } from '../../job/folder.ts';
import type { Engine, Guard, Patience } from '../../system/types/engine.ts';
import type { Keys } from '../store/keys.ts';
import { viewOf } from '../store/view.ts';
import { freeChanges } from './free.ts';

export interface FreeRequest {
  readonly host: string;
  /** Acts if the run may be freed, and while it stays so. */
  readonly whileOver: (slug: string, act: () => Promise<void>) => Promise<void>;
  /** Tells from the host's records how a run ended. */
  readonly outcomeOf: (run: string) => string | undefined;
  /** Further conditions for each run that is freed. */
  readonly guards?: readonly Guard[];
}

interface FreedRun {
  readonly slug: string;
  readonly run: string;
  readonly tickMs: number;
}

export type FreeAnswer =
  | { readonly is: 'freed'; readonly runs: readonly FreedRun[] }
  | { readonly is: 'unreachable'; readonly reason: string };

export async function freeHost(
  { host, whileOver, outcomeOf, guards: more = [] }: FreeRequest,
  { engine, keys }: { readonly engine: Engine; readonly keys: Keys },
  patience: Patience,
): Promise<FreeAnswer> {
  const prefix = keys.hostRuns(host);
  const listed = await engine.read([{ prefix }], patience);
  if (listed.is === 'unreachable') return listed;
  const runs: FreedRun[] = [];
  let failure: string | undefined;
  for (const { key } of listed.entries) {
    const slug = key.slice(prefix.length);
    // Locks and histories are files of that name, and each host of the fleet can write keys.
    if (!isSlug(slug)) continue;
    // Each other job would wait as long, with its lock held.
    if (failure !== undefined) break;
    await whileOver(slug, async () => {
      const look = await engine.read([{ prefix: keys.job(slug) }], patience);
      if (look.is === 'unreachable') {
        failure = look.reason;
        return;
      }
      const view = viewOf(keys, { slug, host, tags: [], locks: [] }, look.entries);
      const left = view.run?.value;
      if (left?.host !== host) return;
      const { guards, changes } = freeChanges(keys, slug, view, outcomeOf(left.run));
      const done = await engine.txn([...guards, ...more], changes, patience);
      if (done.is === 'done') runs.push({ slug, run: left.run, tickMs: left.tickMs });
      if (done.is === 'unreachable') failure = done.reason;
    });
  }
  return failure === undefined ? { is: 'freed', runs } : { is: 'unreachable', reason: failure };
}
