/** The ends of runs by the records of this host. */
import { endWords } from '../../../fleet/permission/words.ts';
import { type HistoryHost, readHistory } from '../../../run/history/record.ts';

/** Returns how a run of the job ended, as etcd has it; undefined if the history does not say. */
export function outcomesOf(slug: string, host: Pick<HistoryHost, 'history'>): (run: string) => string | undefined {
  return (run) => {
    const outcome = readHistory(slug, host).runs.find((record) => record.run === run)?.outcome;
    return outcome === undefined || outcome.kind === 'interrupted' ? undefined : endWords(outcome);
  };
}
