/**
 * The last check before cron gets a text: by our reader of what both daemons accept, then by
 * Debian's own where it is installed.
 */
import { readCrontab, withoutUsers } from '../../crontab/reader.ts';
import { cronReader } from '../../system/cron/crontab-check.ts';
import type { CrontabChange } from '../../system/types/cron.ts';

/**
 * Returns why cron would refuse a text. Our composer makes only what cron accepts, so a refusal
 * means a line of root's own, or a bug here.
 */
export function refusalOfCron({ writes }: CrontabChange): string | undefined {
  for (const { name, text } of writes) {
    const [problem] = readCrontab(text).problems;
    if (problem !== undefined)
      return `nothing was written, because cron would refuse line ${problem.line} of ${name}: ${problem.message}`;
  }
  for (const { name, text } of writes) {
    const refusal = cronReader.problemIn(withoutUsers(text));
    if (refusal !== undefined) return `nothing was written, because crontab -n refuses ${name}: ${refusal}`;
  }
  return undefined;
}
