/** The cron daemon or job-scheduler of this host, as far as it can be seen, and the command that starts one. */
import type { ZoneOfCron } from '../../zone/other-zone.ts';

export type DaemonEvidence =
  | {
      readonly is: 'running';
      readonly name: string;
      readonly pid: number;
      readonly sinceMs?: number;
      readonly stopped: boolean;
      /** TZ in its environment and the zone that it names, if that is not the host's. */
      readonly otherZone?: ZoneOfCron;
    }
  /** `start`: the command that starts the one that is installed; absent when that is not known. */
  | { readonly is: 'absent'; readonly start?: string }
  /** /proc does not show other users' processes. */
  | { readonly is: 'hidden' };

/** The program that starts lines where there is no cron. */
export const schedulerName = 'job-scheduler';

export function startCommand({
  start = 'sudo systemctl start cron',
}: Extract<DaemonEvidence, { is: 'absent' }>): string {
  return start;
}
