/** Decides which old logs are removed and which are compressed, for all jobs at once. */
import type { LogBounds } from '../../job/keys/log-bounds.ts';
import type { LogFile } from '../../system/types/log-file.ts';

/** The log folder of a job, which may no longer exist. */
export interface LogFolder {
  readonly slug: string;
  readonly files: readonly LogFile[];
  readonly bounds: LogBounds;
  /**
   * The log of the run under way. `unknown`: there is a run without a known log, or the job file
   * can't be read.
   */
  readonly inUse: { readonly is: 'nothing' | 'unknown' } | { readonly is: 'log'; readonly name: string };
}

export interface RetentionPolicy {
  readonly nowMs: number;
  /**
   * Bound for the logs of all jobs together. Here and below, an absent bound and 0 mean no bound.
   */
  readonly totalBytes?: number;
  readonly compressAfterDays?: number;
}

interface LogPath {
  readonly slug: string;
  readonly name: string;
}

export interface Clearance {
  readonly remove: readonly LogPath[];
  readonly compress: readonly LogPath[];
}

const dayMs = 86_400_000;

/**
 * The files of one run's log: the log, compressed or not, or both if prune-logs was killed in
 * between; and the output of its remaining processes.
 */
interface RunLog {
  readonly slug: string;
  /** Sorts by start; runs that started in the same second sort by number. */
  readonly order: string;
  readonly names: readonly string[];
  readonly plain: string | undefined;
  readonly isCompressed: boolean;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly isKept: boolean;
}

export function clearLogs(folders: readonly LogFolder[], policy: RetentionPolicy): Clearance {
  const judged = folders.map((folder) => judgeFolder(folder, policy.nowMs));
  const remaining = judged.flatMap(({ keep }) => keep);
  const { gone, stay } = boundTotal(remaining, policy.totalBytes);
  const removed = [...judged.flatMap(({ remove }) => remove), ...gone];
  return {
    remove: [
      ...removed.flatMap(({ slug, names }) => names.map((name) => ({ slug, name }))),
      ...stay.flatMap(supersededOriginal),
    ],
    compress: stay
      .filter((log) => isDueForGzip(log, policy))
      .flatMap(({ slug, plain = '' }) => ({ slug, name: plain })),
  };
}

/**
 * Reads the name of a log: `SLUG-YYYYMMDD-HHMMSS[-N].log`, perhaps with `.gz`, or with
 * `.remaining.log` or `.remaining.1.log`, which belong to it. `undefined` for any other file; those
 * are left alone.
 */
export function readLogName(
  slug: string,
  name: string,
): { readonly order: string; readonly isCompressed: boolean; readonly isRemaining: boolean } | undefined {
  if (!name.startsWith(`${slug}-`)) return undefined;
  const match = /^(\d{8}-\d{6})(?:-([2-9]|[1-9]\d{1,8}))?(?:\.log(\.gz)?|(\.remaining(?:\.1)?\.log))$/.exec(
    name.slice(slug.length + 1),
  );
  if (match === null) return undefined;
  const order = `${match[1]}-${(match[2] ?? '1').padStart(9, '0')}`;
  return { order, isCompressed: match[3] !== undefined, isRemaining: match[4] !== undefined };
}

function judgeFolder(folder: LogFolder, nowMs: number): { keep: readonly RunLog[]; remove: readonly RunLog[] } {
  const logs = runLogsOf(folder);
  const { days, runs, bytes } = folder.bounds;
  const oldestMs = days ? nowMs - days * dayMs : Number.NEGATIVE_INFINITY;
  const keep: RunLog[] = [];
  const remove: RunLog[] = [];
  let total = logs.filter(({ isKept }) => isKept).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let kept = logs.filter(({ isKept }) => isKept).length;
  // Once a log exceeds a bound, all older ones are removed too: no gap is left among the logs.
  let isFull = false;
  for (const log of logs) {
    const fits = (!runs || kept < runs) && (!bytes || total + log.sizeBytes <= bytes);
    isFull ||= !log.isKept && !fits;
    if (!log.isKept && (isFull || log.mtimeMs < oldestMs)) {
      remove.push(log);
      continue;
    }
    keep.push(log);
    if (log.isKept) continue;
    kept += 1;
    total += log.sizeBytes;
  }
  return { keep, remove };
}

/** Groups the files of a folder by run, newest first. */
function runLogsOf({ slug, files, inUse }: LogFolder): readonly RunLog[] {
  const byOrder = new Map<string, { file: LogFile; isCompressed: boolean; isRemaining: boolean }[]>();
  for (const file of files) {
    const read = readLogName(slug, file.name);
    if (read === undefined) continue;
    byOrder.set(read.order, [...(byOrder.get(read.order) ?? []), { file, ...read }]);
  }
  const orders = [...byOrder.keys()].sort().reverse();
  return orders.map((order, position) => {
    const parts = byOrder.get(order) ?? [];
    const names = parts.map(({ file }) => file.name);
    return {
      slug,
      order,
      names,
      plain: parts.find(({ isCompressed, isRemaining }) => !isCompressed && !isRemaining)?.file.name,
      isCompressed: parts.some(({ isCompressed }) => isCompressed),
      sizeBytes: parts.reduce((sum, { file }) => sum + file.sizeBytes, 0),
      mtimeMs: parts.reduce((latest, { file }) => Math.max(latest, file.mtimeMs), Number.NEGATIVE_INFINITY),
      isKept: position === 0 || inUse.is === 'unknown' || (inUse.is === 'log' && names.includes(inUse.name)),
    };
  });
}

/** Applies the bound for all jobs together: the oldest logs are removed first. */
function boundTotal(logs: readonly RunLog[], totalBytes: number | undefined) {
  const gone = new Set<RunLog>();
  let total = logs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const oldestFirst = logs.filter(({ isKept }) => !isKept).sort((a, b) => a.mtimeMs - b.mtimeMs || compare(a, b));
  for (const log of oldestFirst) {
    if (!totalBytes || total <= totalBytes) break;
    gone.add(log);
    total -= log.sizeBytes;
  }
  return { gone: [...gone], stay: logs.filter((log) => !gone.has(log)) };
}

function compare(a: RunLog, b: RunLog): number {
  return a.order < b.order ? -1 : Number(a.order > b.order);
}

/**
 * Returns the original beside a compressed log. That gets its name only when it is whole, so
 * prune-logs was killed before it could remove the original.
 */
function supersededOriginal({ slug, isCompressed, plain, isKept }: RunLog): readonly LogPath[] {
  return isCompressed && plain !== undefined && !isKept ? [{ slug, name: plain }] : [];
}

function isDueForGzip(
  { isCompressed, plain, isKept, mtimeMs }: RunLog,
  { nowMs, compressAfterDays }: RetentionPolicy,
): boolean {
  if (!compressAfterDays || isKept || plain === undefined || isCompressed) return false;
  return mtimeMs < nowMs - compressAfterDays * dayMs;
}
