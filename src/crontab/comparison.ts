/**
 * Compares the crontab that is there with the one that the job files ask for. cron-generate,
 * `jobctl doctor` and `jobctl metrics` all ask here.
 */
import { finished, type Steps } from '../text/steps.ts';
import { type Crontab, type CrontabOrder, composeSteps } from './crontab.ts';
import { type ChangeAnswer, decideChange, type PresentFiles, presentCrontab } from './files.ts';
import { type PresentCrontab, readOwnCrontab } from './present.ts';
import { changesText, commandChanges, compareLines, type LineChanges, timingsAfter, timingsBefore } from './report.ts';

export interface ComparedFiles {
  readonly there: PresentFiles;
  readonly present: PresentCrontab;
  readonly crontab: Crontab;
  readonly answer: ChangeAnswer;
}

export function compareFiles(...[order, there, options]: Parameters<typeof compareSteps>): ComparedFiles {
  return finished(compareSteps(order, there, options));
}

/** The same in steps of one job each. */
export function* compareSteps(
  order: Omit<CrontabOrder, 'present'>,
  there: PresentFiles,
  { adopt = false } = {},
): Steps<ComparedFiles> {
  const { header, config } = order;
  const present = presentCrontab(there, { directory: header.directory, ...(config !== undefined && { config }) });
  const crontab = yield* composeSteps({ ...order, present });
  const answer = decideChange(there, crontab.files(there.name), { owner: present.owner, adopt });
  return { there, present, crontab, answer };
}

/** The differences between the crontab and the job files. */
interface CrontabDifferences extends LineChanges {
  /** Jobs whose line has another user, program or option. */
  readonly commands: readonly string[];
  /** All differences, as `cron-generate --check` words them. */
  readonly words: string;
}

export type CrontabSync =
  | { readonly is: 'in-sync' | 'unknown' }
  | ({ readonly is: 'differs' } & CrontabDifferences)
  /** cron-generate does not replace the file; `words` says why. */
  | { readonly is: 'refused'; readonly words: string };

/** Says whether the files have what the job files ask for. */
export function isInSync({ there, crontab, answer }: ComparedFiles): CrontabSync['is'] {
  const all = [...there.files.values()];
  if (all.some((file) => file.is === 'unreadable')) return 'unknown';
  if (answer.change === undefined) return 'refused';
  const { writes, removals } = answer.change;
  if (writes.length + removals.length === 0) return 'in-sync';
  return all.length === 0 && !hasEntry(crontab.text()) ? 'in-sync' : 'differs';
}

/** Says the same, and what differs: that costs more. */
export function syncOfFiles(compared: ComparedFiles): CrontabSync {
  const { there, present, crontab, answer } = compared;
  const is = isInSync(compared);
  if (answer.change === undefined && is === 'refused') return { is, words: answer.refused.join('; ') };
  if (is !== 'differs') return { is: is === 'in-sync' ? is : 'unknown' };
  return { is, ...differences(present, crontab, presentText(there)), words: wordsOf(compared) };
}

/** Says the same of the crontab of one user, of which `before` and `after` are the whole texts. */
export function syncOfOwn(before: string, after: string, crontab: Crontab): CrontabSync {
  if (before === after || (before === '' && !hasEntry(crontab.text()))) return { is: 'in-sync' };
  const present = readOwnCrontab(before);
  const lines = compareLines(timingsBefore(present), timingsAfter(crontab));
  return { is: 'differs', ...lines, commands: [], words: changesText(lines, '', '') };
}

function differences(present: PresentCrontab, crontab: Crontab, before: string): Omit<CrontabDifferences, 'words'> {
  return {
    ...compareLines(timingsBefore(present), timingsAfter(crontab)),
    commands: commandChanges(before, crontab.text()),
  };
}

/** The differences in the words of `cron-generate --check`. */
export function wordsOf({ there, present, crontab, answer }: ComparedFiles): string {
  const { writes = [], removals = [] } = answer.change ?? {};
  const hasText = ({ name, text }: { readonly name: string; readonly text: string }) => {
    const file = there.files.get(name);
    return file?.is === 'text' && file.text === text;
  };
  if (removals.length === 0 && writes.length > 0 && writes.every(hasText))
    return 'its owner, mode or links; its text stays';
  const lines = compareLines(timingsBefore(present), timingsAfter(crontab));
  return changesText(lines, presentText(there), crontab.text());
}

function hasEntry(text: string): boolean {
  return text.split('\n').some((line) => / --(?:job|ensure|catch-up)\b/.test(line) && !line.startsWith('#'));
}

/** The text of all parts. */
function presentText({ files }: PresentFiles): string {
  return [...files.values()].map((part) => (part.is === 'text' ? part.text : '')).join('');
}
