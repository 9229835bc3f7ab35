/**
 * Answers "what will the clock do with this job?" from the installed line, and from whether a cron
 * runs.
 * A new or changed job file changes nothing until cron-generate has put its line into the crontab.
 */

import { lineRule } from '../../crontab/present.ts';
import { type CrontabLine, readLine } from '../../crontab/reader.ts';
import type { Seat } from '../../fleet/seat.ts';
import { isReboot } from '../../schedule/nickname.ts';
import type { Scheduled } from '../../schedule/ticks.ts';
import { defined } from '../../text/defined.ts';
import { adviceText } from '../advice.ts';
import { type CrontabPart, refusalOf } from './crontab-part.ts';
import { type DaemonEvidence, startCommand } from './daemon.ts';

/** An entry that starts a job by its name. */
export interface InstalledLine {
  /** The line as it is written. */
  readonly text: string;
  /** Five terms in the host's zone, or a nickname. */
  readonly schedule: string;
  /** Written with `--due`: run-job looks whether the job's file has a tick then. */
  readonly due: boolean;
  /** The path of run-job in it; absent in a line of the predecessor. */
  readonly program?: string;
  readonly part: CrontabPart;
}

/**
 * The crontab lines and the daemon of this host. A command reads them once and uses them for all of
 * its jobs.
 */
export interface Installed {
  /** The main crontab. */
  readonly main: CrontabPart;
  /** The lines by the slug of their job. */
  readonly lines: ReadonlyMap<string, InstalledLine>;
  /** The lines that start services, and those that make up for missed ticks. */
  readonly ensure?: CrontabPart;
  readonly catchUp?: CrontabPart;
  readonly daemon: DaemonEvidence;
  /** The command that installs the lines: "sudo cron-generate". */
  readonly command: string;
  /** The minutes at which a schedule of another zone has to be asked for, as a cron term. */
  readonly dueMinutes: (schedule: string, timeZone: string) => string;
}

/** The part of a job that its line depends on. */
export interface ClockedJob {
  readonly slug: string;
  /** The schedule as cron-generate writes it. */
  readonly schedule?: string;
  readonly enabled: boolean;
  readonly timing: { readonly timeZone?: string };
  readonly service?: unknown;
  /** The hosts that have a job of a pool. On others a line that is left starts nothing. */
  readonly seat?: Seat;
}

/** The future of one job by the clock. `--json` prints it as `clock`. */
export interface ClockFacts {
  /**
   * `other`: the line has other times than the file. `left-over`: there is a line, but the file
   * wants none. `none`: there is no line, and the file wants none.
   */
  readonly line: 'in-sync' | 'other' | 'missing' | 'left-over' | 'none' | 'unknown';
  /** The schedule of the installed line; absent without a line. */
  readonly schedule?: string;
  readonly due?: true;
  /** Says whether cron reads the file that has the line, or should have it. */
  readonly crontab: 'read' | 'ignored' | 'unknown';
  readonly cron: 'running' | 'absent' | 'stopped' | 'unknown';
  /** True if cron starts the job; null if that is not known. */
  readonly starts: boolean | null;
  /** Every difference to what the job file says, each with what to do. */
  readonly warnings: readonly string[];
}

/** The part of a job that its line depends on, of a job whose file is loaded. */
export function clockedJob({ slug, schedule, enabled, timing, service, seat }: LoadedJob): ClockedJob {
  return {
    slug,
    enabled,
    timing,
    ...(schedule !== undefined && { schedule: schedule.text }),
    ...defined({ service, seat }),
  };
}

type LoadedJob = Scheduled & Omit<ClockedJob, 'schedule' | 'timing'>;

export type InstalledEntry =
  | ({ readonly is: 'job'; readonly slug: string } & Omit<InstalledLine, 'part'>)
  | { readonly is: 'ensure' | 'catch-up' };

/**
 * Yields our entries in a crontab; `form` is `user` for a crontab of one user, whose lines name no
 * user. `known` are the lines of the text that are read already.
 */
export function* entriesIn(
  text: string,
  form: 'system' | 'user',
  known: readonly CrontabLine[] = [],
): Generator<InstalledEntry> {
  for (const [index, written] of text.split('\n').entries()) {
    if (!written.includes('run-job') && !/ --(?:job|ensure|catch-up)\b/.test(written)) continue;
    const line = form === 'system' ? (known[index] ?? readLine(written)) : readUserLine(written);
    if (line.is !== 'entry') continue;
    const { command, schedule } = line;
    const rule = lineRule(command);
    if (/ --ensure(?=\s|$)/.test(command)) yield { is: 'ensure' };
    else if (/ --catch-up(?=\s|$)/.test(command)) yield { is: 'catch-up' };
    else if (rule !== undefined) yield { is: 'job', ...rule, schedule, text: written };
  }
}

function readUserLine(written: string): { readonly is: 'entry'; schedule: string; command: string } | { is: 'other' } {
  if (/^[ \t]*(?:#|[A-Za-z_]\w*[ \t]*=)/.test(written)) return { is: 'other' };
  const [, terms = '', command = ''] = /^[ \t]*((?:[^@\s]\S*[ \t]+){4}[^@\s]\S*|@\w+)[ \t]+(\S.*)$/.exec(written) ?? [];
  return command === '' ? { is: 'other' } : { is: 'entry', schedule: terms.split(/[ \t]+/).join(' '), command };
}

export function clockFacts(job: ClockedJob, installed: Installed): ClockFacts {
  const isService = job.service !== undefined && job.enabled;
  const part = isService ? installed.ensure : installed.lines.get(job.slug)?.part;
  const found = isService ? serviceLine(installed) : jobLine(job, installed);
  const cron = cronOf(installed);
  const place = placeOf(part ?? installed.main, installed);
  const crontab = place.is;
  if (found.line === 'none') return { ...found, crontab, cron, starts: false, warnings: [] };
  const warnings = [...lineWords(found, job, installed), ...place.words, ...cronWords(cron, installed)];
  const isElsewhere = job.seat?.isHere === false;
  const absent =
    isElsewhere || found.line === 'missing' || crontab === 'ignored' || cron === 'absent' || cron === 'stopped';
  const starts = absent ? false : found.line === 'unknown' || crontab === 'unknown' || cron === 'unknown' ? null : true;
  return { ...found, crontab, cron, starts, warnings };
}

/** The warnings about this job alone; those about all jobs are printed once. */
export function ownWarnings(clock: ClockFacts | undefined): readonly string[] {
  return clock !== undefined && hasOwn(clock) ? clock.warnings.slice(0, 1) : [];
}

/** No cron, or a crontab that cron does not read: each once, for all jobs of an answer. */
export function commonWarnings(clocks: readonly (ClockFacts | undefined)[]): readonly string[] {
  return [...new Set(clocks.flatMap((clock) => clock?.warnings.slice(hasOwn(clock) ? 1 : 0) ?? []))];
}

function hasOwn({ line }: ClockFacts): boolean {
  return line === 'missing' || line === 'other' || line === 'left-over';
}

type FoundLine = Pick<ClockFacts, 'line' | 'schedule' | 'due'>;

function serviceLine({ ensure, main }: Installed): FoundLine {
  if (ensure !== undefined) return { line: 'in-sync' };
  return { line: isUnknown(main) ? 'unknown' : 'missing' };
}

function jobLine(job: ClockedJob, { lines, main, dueMinutes }: Installed): FoundLine {
  const wanted = wantedRule(job, dueMinutes);
  const line = lines.get(job.slug);
  if (line === undefined) {
    if (wanted === undefined) return { line: 'none' };
    return { line: isUnknown(main) ? 'unknown' : 'missing' };
  }
  const rule = { schedule: line.schedule, ...(line.due && { due: true as const }) };
  if (wanted === undefined) return { line: 'left-over', ...rule };
  const same = wanted.schedule === rule.schedule && wanted.due === line.due;
  return { line: same ? 'in-sync' : 'other', ...rule };
}

/** Absent for a job that has no line by its own file. */
function wantedRule(
  { schedule, enabled, timing: { timeZone }, service }: ClockedJob,
  dueMinutes: Installed['dueMinutes'],
): { readonly schedule: string; readonly due: boolean } | undefined {
  if (schedule === undefined || !enabled || service !== undefined) return undefined;
  if (timeZone === undefined || isReboot(schedule)) return { schedule, due: false };
  return { schedule: `${dueMinutes(schedule, timeZone)} * * * *`, due: true };
}

function isUnknown({ kind, unreadable }: CrontabPart): boolean {
  return kind === 'console' || unreadable !== undefined;
}

function lineWords({ line, schedule, due }: FoundLine, { service, slug }: ClockedJob, installed: Installed): string[] {
  const { command } = installed;
  const written = due ? `${schedule} --due` : `${schedule}`;
  switch (line) {
    case 'missing':
      return [
        service === undefined
          ? `not in the crontab yet: ${command}`
          : `the crontab has no line that starts services, so only jobctl start ${slug} does: ${command}`,
      ];
    case 'other':
    case 'left-over':
      return [`the crontab still has "${written}": ${command}`];
    case 'in-sync':
    case 'none':
    case 'unknown':
      return [];
    default:
      return line satisfies never;
  }
}

/** The state of the file as a whole. */
function placeOf(
  part: CrontabPart,
  { command }: Installed,
): { readonly is: 'read' | 'ignored' | 'unknown'; readonly words: readonly string[] } {
  const { path, kind, unreadable } = part;
  if (kind === 'console')
    return { is: 'unknown', words: ['output_crontab is console: whether cron has a line for it is not known here'] };
  if (unreadable !== undefined)
    return { is: 'unknown', words: [`${path} can't be read, so what cron knows is not known here: ${unreadable}`] };
  if (kind === 'elsewhere') return { is: 'unknown', words: [] };
  const refusal = refusalOf(part, command);
  if (refusal === undefined) return { is: 'read', words: [] };
  return { is: 'ignored', words: [`cron ignores ${path}: ${refusal.words}: ${adviceText(refusal.advice)}`] };
}

/**
 * The state of the cron daemon; unknown for a file outside of /etc/cron.d, whose lines another
 * program may read.
 */
function cronOf({ daemon, main: { kind } }: Installed): ClockFacts['cron'] {
  if (kind === 'elsewhere' || kind === 'console' || daemon.is === 'hidden') return 'unknown';
  if (daemon.is === 'absent') return 'absent';
  return daemon.stopped ? 'stopped' : 'running';
}

function cronWords(cron: ClockFacts['cron'], { daemon }: Installed): string[] {
  if (daemon.is === 'absent') return cron === 'absent' ? [`no cron is running: ${startCommand(daemon)}`] : [];
  if (cron !== 'stopped' || daemon.is !== 'running') return [];
  return [`${daemon.name} is stopped by a signal: sudo kill -CONT ${daemon.pid}`];
}
