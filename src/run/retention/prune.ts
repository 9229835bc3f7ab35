/**
 * Removes and compresses old logs: reads which logs exist and which are in use, and does what
 * retention.ts decides.
 */

import type { LogRetention } from '../../config/config.ts';
import type { LogBounds } from '../../job/keys/log-bounds.ts';
import type { Clock } from '../../system/types/clock.ts';
import type { JobLocks } from '../../system/types/lock.ts';
import type { LogFolders } from '../../system/types/log-file.ts';
import { defined } from '../../text/defined.ts';
import { type Clearance, clearLogs, type LogFolder, readLogName } from './retention.ts';

export interface PruneHost {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly folders: LogFolders;
  readonly locks: Pick<JobLocks, 'holder'>;
  /**
   * Returns the bounds of a job, which may no longer exist; `undefined` if its file can't be read.
   */
  readonly boundsOf: (slug: string) => LogBounds | undefined;
}

export interface PruneReport {
  readonly removed: number;
  readonly compressed: number;
  /** Names links, which are left alone, and what could not be done. */
  readonly warnings: readonly string[];
}

export async function pruneLogs(
  { totalBytes, compressAfterDays }: LogRetention,
  host: PruneHost,
): Promise<PruneReport> {
  const { slugs, links } = host.folders.list();
  const report = { removed: 0, compressed: 0, warnings: links.map((name) => leftAlone(name)) };
  const policy = {
    nowMs: host.clock.nowMs(),
    ...defined({ totalBytes, compressAfterDays }),
  };
  // Only a bound for all jobs together needs every folder in memory at once.
  const lots = totalBytes ? [slugs] : slugs.map((slug) => [slug]);
  for (const lot of lots) {
    const folders = lot.map((slug) => look(slug, host, report.warnings));
    await act(clearLogs(folders, policy), host.folders, report);
  }
  return report;
}

/**
 * Reads a folder, and then the run under way: the log of a run that starts in between is not among
 * the files.
 */
function look(slug: string, { folders, locks, boundsOf }: PruneHost, warnings: string[]): LogFolder {
  folders.clearUnfinished(slug);
  const { files, links } = folders.read(slug);
  const logs = files.filter(({ name }) => readLogName(slug, name) !== undefined);
  for (const name of links) if (readLogName(slug, name)) warnings.push(leftAlone(`${slug}/${name}`));
  const bounds = boundsOf(slug);
  const holder = locks.holder(slug);
  const unknown = bounds === undefined || (holder !== undefined && holder.logPath === undefined);
  const name = holder?.logPath?.split('/').at(-1) ?? '';
  return {
    slug,
    files: logs,
    bounds: bounds ?? {},
    inUse: unknown ? { is: 'unknown' } : holder === undefined ? { is: 'nothing' } : { is: 'log', name },
  };
}

async function act(
  { remove, compress }: Clearance,
  folders: LogFolders,
  report: { removed: number; compressed: number; warnings: string[] },
): Promise<void> {
  for (const { slug, name } of remove) {
    const answer = folders.remove(slug, name);
    if (answer.ok) report.removed += 1;
    else report.warnings.push(`${slug}/${name} could not be removed: ${answer.reason}`);
  }
  for (const { slug, name } of compress) {
    const answer = await folders.compress(slug, name);
    if (answer.ok) report.compressed += 1;
    else report.warnings.push(`${slug}/${name} could not be compressed: ${answer.reason}`);
  }
}

function leftAlone(name: string): string {
  return `${name} is a link and was left alone`;
}
