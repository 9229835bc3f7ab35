/** The last lines that a run or an instance has printed, for people who ask why. */
import type { Config } from '../../config/config.ts';
import type { JobSnapshot } from '../../report/snapshot.ts';
import type { LastWords } from '../../report/text/failing.ts';
import { asUser } from '../../system/file/as-user.ts';
import { readEndOfLog } from '../../system/log-files/log-end.ts';
import { elsewhereWords, unreadableLogWords } from './log-access.ts';

/** The log of the last run, or of the first instance that is not up. */
export function failedLog({ service, lastRun }: JobSnapshot): string | undefined {
  return service === undefined ? lastRun?.logPath : service.instances.find(({ at }) => at !== 'up')?.logPath;
}

/** `command` is what was typed: with sudo it can read the log. */
export function lastWordsOf(
  logPath: string | undefined,
  command: string,
  { outputDirectory, serviceUser }: Pick<Config, 'outputDirectory' | 'serviceUser'>,
): LastWords | undefined {
  if (logPath === undefined) return undefined;
  // Root reads logs with no more rights than the service user has.
  const end = asUser(serviceUser, () => readEndOfLog(outputDirectory, logPath));
  if ('text' in end) return { lines: end.text.split('\n').filter((line) => line.trim() !== '') };
  if (end.code === 'EACCES') return { why: unreadableLogWords(logPath, command) };
  const why = elsewhereWords(logPath, outputDirectory);
  return why === undefined ? undefined : { why };
}
