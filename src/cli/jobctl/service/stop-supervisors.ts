/**
 * `jobctl stop --supervisors`: stops every supervisor, and so every service, before the programs
 * are removed. The requests of operators stay on record, and the next `run-job --ensure` starts the
 * services again. Runs as the service user, like every change.
 */
import type { Config } from '../../../config/config.ts';
import { readRecord } from '../../../service/record/record.ts';
import { wrappers } from '../../../system/process/wrappers.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { realLocks } from '../../frame/host.ts';
import { print, say } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import { notDone } from '../frame/answers.ts';
import { lastStepWords, untilGone } from './supervisor-end.ts';

const pollMs = 100;

/** The time limit, longer than services usually need to end. */
const patienceMs = 120_000;

export async function stopSupervisors(config: Config): Promise<number> {
  const locks = realLocks(config, () => undefined);
  const state = stateFiles(config.stateDirectory);
  // Finds them by locks and records, not by job files: a service whose file is gone still has its
  // supervisor.
  const isSupervised = (slug: string) => {
    const holder = locks.holder(slug);
    return holder?.state === 'running' && readRecord(state, slug)?.run === holder.runId ? holder : undefined;
  };
  const supervisors = new Map(
    locks.names().flatMap((slug) => {
      const holder = isSupervised(slug);
      return holder === undefined ? [] : [[slug, holder] as const];
    }),
  );
  for (const holder of supervisors.values()) wrappers.askToEnd(holder);
  let left = [...supervisors.keys()];
  const endMs = clock.monotonicMs() + patienceMs;
  for (; left.length > 0 && clock.monotonicMs() < endMs; left = left.filter((slug) => isSupervised(slug) !== undefined))
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  const gone = [...supervisors].filter(([slug]) => !left.includes(slug)).map(([, holder]) => holder);
  const remaining = await untilGone(gone);
  for (const [slug, holder] of supervisors) if (remaining.includes(holder)) say('jobctl', lastStepWords(slug, holder));
  if (left.length === 0 && remaining.length > 0) return notDone;
  if (left.length === 0) {
    print('no service has a supervisor now\n');
    return 0;
  }
  return refuse('jobctl', `these services have not ended yet: ${left.join(', ')}`, notDone);
}
