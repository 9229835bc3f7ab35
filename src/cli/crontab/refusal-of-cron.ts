/** The last look before cron gets a text: our reader of what both daemons accept, then Debian's own where there is one. */
import { readCrontab, withoutUsers } from '../../crontab/reader.ts';
import { cronReader } from '../../system/cron/crontab-check.ts';
import type { CrontabChange } from '../../system/types/cron.ts';

/** Why cron would not accept a text as it is meant; what gets here was made to be accepted, so this is root's text or our mistake. */
export function refusalOfCron({ writes }: CrontabChange): string | undefined {
  for (const { name, text } of writes) {
    const [problem] = readCrontab(text).problems;
    if (problem !== undefined)
      return `nothing was written, because cron would refuse line ${problem.line} of ${name}: ${problem.message}`;
  }
  for (const { name, text } of writes) {
    const refusal = cronReader.objection(withoutUsers(text));
    if (refusal !== undefined) return `nothing was written, because crontab -n refuses ${name}: ${refusal}`;
  }
  return undefined;
}
