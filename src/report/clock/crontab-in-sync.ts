/** Says whether cron accepts the crontab, and whether it says what the job files say. */
import type { CrontabSync } from '../../crontab/comparison.ts';
import { refusalOf } from './crontab-part.ts';
import type { Installed } from './installed.ts';

/** `undefined` when the crontab can't be seen from here. */
export function isCrontabInSync(
  sync: CrontabSync | Pick<CrontabSync, 'is'>,
  { main, lines, ensure, catchUp }: Installed,
): boolean | undefined {
  if (main.kind === 'console' || main.unreadable !== undefined || sync.is === 'unknown') return undefined;
  const parts = new Set([main, ...[...lines.values()].map(({ part }) => part), ensure ?? main, catchUp ?? main]);
  const isAccepted = main.kind === 'elsewhere' || [...parts].every((part) => refusalOf(part, '') === undefined);
  return isAccepted && sync.is === 'in-sync';
}
