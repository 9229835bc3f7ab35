/**
 * cron-generate --install and --uninstall: add our lines to the user's own crontab, or remove them,
 * and change nothing else.
 */
import { withoutUsers } from '../../crontab/reader.ts';
import { doubledLines, settingsInTheWay, splitUserCrontab, withBlock } from '../../crontab/user-crontab.ts';
import { userCrontab } from '../../system/cron/user-crontab.ts';
import type { Refusal } from '../../system/types/cron.ts';
import type { Problem } from '../../text/problem.ts';

/** The name that problems and sentences use. */
export const userCrontabName = 'your crontab';

export interface Installation {
  /** One character a byte. */
  readonly before: string;
  readonly after: string;
  readonly warnings: readonly Problem[];
}

/** `text` is the crontab that cron-generate makes, with users; absent: our lines are taken out. */
export function planInstallation(text: string | undefined, runner: string): Installation | Refusal {
  const present = userCrontab.read();
  if (present.is === 'refused') return present;
  const before = present.is === 'none' ? '' : present.text;
  const parts = splitUserCrontab(before);
  if (!parts.ok) return { denied: false, reason: `${userCrontabName}: ${parts.reason}` };
  const { rest, block } = parts;
  if (text === undefined) return { before, after: block === undefined ? before : rest, warnings: [] };
  return { before, after: withBlock(rest, withoutUsers(text)), warnings: warningsOn(rest, runner) };
}

function warningsOn(rest: string, runner: string): readonly Problem[] {
  const settings = settingsInTheWay(rest).map(
    (name) => `${name} in your own lines also applies to the jobs if cron is cronie`,
  );
  const doubled = doubledLines(rest, runner);
  const again =
    doubled.length === 0
      ? []
      : [`lines outside of the markers start jobs too (${doubled.join(', ')}): remove them with crontab -e`];
  return [...settings, ...again].map((message) => ({ severity: 'warning', file: userCrontabName, message }));
}

/**
 * Writes the planned text, then checks that crontab(1) lists it. Some crons add lines of their own
 * at the top.
 */
export function carryOut({ before, after }: Installation): Refusal | undefined {
  // crontab(1) replaces the whole text: a change that was saved since we read it would be lost.
  const present = userCrontab.read();
  if (present.is === 'refused') return present;
  if ((present.is === 'none' ? '' : present.text) !== before)
    return { denied: false, reason: `${userCrontabName} was changed meanwhile, so it is left as it is; try again` };
  const refusal = after === '' ? userCrontab.remove() : userCrontab.write(after);
  if (refusal !== undefined) return refusal;
  const now = userCrontab.read();
  if (now.is === 'refused') return now;
  const [wanted, found] = [splitUserCrontab(after), splitUserCrontab(now.is === 'none' ? '' : now.text)];
  if (wanted.ok && found.ok && wanted.block === found.block) return undefined;
  return {
    denied: false,
    reason: 'crontab -l does not list what crontab(1) was given; was it changed meanwhile?',
  };
}
