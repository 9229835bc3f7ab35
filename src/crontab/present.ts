/**
 * Reads the present crontab: whose it is, and the line of each job. Our own is known by its header,
 * the predecessor's by its content: comments and lines that start run-job.
 */
import { once } from '../text/once.ts';
import { isOfDirectory, isOurs } from './header.ts';
import { readLine } from './reader.ts';

/**
 * The parts of a job's line that are kept while its file has problems; user, program and template
 * are the present ones.
 */
export interface LastLine {
  /** Five terms, as cron reads them. */
  readonly schedule: string;
  /** The line has `--due`: run-job looks whether the schedule has a tick in the job's own zone. */
  readonly due: boolean;
  /** The schedule of the job file, if `due`. */
  readonly zoned?: { readonly schedule: string; readonly timeZone: string };
}

export interface PresentCrontab {
  /** `other`: written by cron-generate for another configuration of this host. */
  readonly owner: 'none' | 'us' | 'predecessor' | 'foreign' | 'other';
  /** Parses the lines on demand, because mostly no line has to be kept. */
  content(): PresentLines;
}

interface PresentLines {
  readonly lines: ReadonlyMap<string, LastLine>;
  /** There are lines that keep services up. */
  readonly ensure: boolean;
  /** There are lines that run what was missed. */
  readonly catchUp: boolean;
}

const noLines: PresentLines = { lines: new Map(), ensure: false, catchUp: false };

export const nothingPresent: PresentCrontab = { owner: 'none', content: () => noLines };

const slugPattern = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}';
/** Matches our own lines, whatever path the program had when they were written. */
const ourJob = new RegExp(`(?:^|\\s)(?<program>/\\S*) (?<due>--due )?--job (?<slug>${slugPattern})(?=\\s|$)`);
/** Matches a line of ours, about one job or about all. */
const ourCommand = /^[^#].*\s\/\S* (?:--due )?--(?:job|ensure|catch-up)(?=\s|$)/;
/**
 * Matches the predecessor's `run-job --job NAME`, and `run-job NAME` or the path of the job file of
 * its earlier versions.
 */
const predecessorJob = new RegExp(`(?:^|/|\\s)run-job (?:--job )?(?:/\\S*/)?(${slugPattern}?)(?:\\.yaml)?(?=\\s|$)`);
const zoneNote = new RegExp(`^# (${slugPattern}) follows ((?:\\S+ ){5})([\\w/+-]+)$`);

/** The configuration that a crontab was made from. */
export interface Origin {
  /** `job_directory`. */
  readonly directory: string;
  /** The value of `--config` on its lines; absent for the usual configuration. */
  readonly config?: string;
}

const usualFile = '/etc/process-control.yaml';

/**
 * True for our crontab of another configuration: of other jobs, and its lines name another file. When only one of the two differs, the directory of
 * the jobs or the file of the configuration was moved.
 */
export function isOfOther(text: string, { directory, config = usualFile }: Origin): boolean {
  if (!isOurs(text) || isOfDirectory(text, directory)) return false;
  const command = text.split('\n').find((line) => ourCommand.test(line));
  if (command === undefined) return false;
  const [, named = usualFile] = / --config (\S+)/.exec(command) ?? [];
  return named !== config;
}

/**
 * `texts` are the main file and its numbered parts, in order; empty if there is no file that can be
 * trusted.
 */
export function readPresent(texts: readonly string[]): PresentCrontab {
  const [main] = texts;
  if (main === undefined) return nothingPresent;
  if (isOurs(main)) return { owner: 'us', content: once(() => readOurs(texts.join(''))) };
  const owner = isPredecessors(main) ? 'predecessor' : 'foreign';
  return { owner, content: once(() => ({ ...noLines, lines: readPredecessors(main) })) };
}

/** Reads our lines in the crontab of one user, which have no user column. */
export function readOwnCrontab(text: string): PresentCrontab {
  const entry = /^[ \t]*((?:[^\s@#=][^\s=]*[ \t]+){5}|@\w+[ \t]+)(\S.*)$/;
  const named = text.split('\n').map((line) => line.replace(entry, '$1user $2'));
  return { owner: 'us', content: once(() => readOurs(named.join('\n'))) };
}

function readOurs(text: string): PresentLines {
  const lines = new Map<string, LastLine>();
  const zoned = new Map<string, LastLine['zoned']>();
  let ensure = false;
  let catchUp = false;
  for (const written of text.split('\n')) {
    const [, noted, terms, timeZone] = zoneNote.exec(written) ?? [];
    if (noted !== undefined) zoned.set(noted, { schedule: (terms ?? '').trim(), timeZone: timeZone ?? '' });
    const line = readLine(written);
    if (line.is !== 'entry') continue;
    ensure ||= / --ensure(?=\s|$)/.test(line.command);
    catchUp ||= / --catch-up(?=\s|$)/.test(line.command);
    const { due, slug } = ourJob.exec(line.command)?.groups ?? {};
    if (slug === undefined || lines.has(slug)) continue;
    const note = zoned.get(slug);
    lines.set(slug, { schedule: line.schedule, due: due !== undefined, ...(due && note ? { zoned: note } : {}) });
  }
  return { lines, ensure, catchUp };
}

/**
 * Returns the job that a command of ours or of the predecessor starts, whether the command has
 * `--due`, and, of ours, the path of run-job in it.
 */
export function lineRule(
  command: string,
): { readonly slug: string; readonly due: boolean; readonly program?: string } | undefined {
  const { due, slug, program } = ourJob.exec(command)?.groups ?? {};
  const named = slug ?? predecessorJob.exec(command)?.[1];
  if (named === undefined) return undefined;
  return { slug: named, due: due !== undefined, ...(program !== undefined && { program }) };
}

/**
 * True for an empty text, and for comments and lines that start run-job if the predecessor has
 * written at least one of them.
 */
function isPredecessors(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const known = (line: string) =>
    /^# (?:Generated from|Skipping disabled job) /.test(line) || predecessorSlug(line) !== undefined;
  return lines.every((line) => /^\s*#/.test(line) || known(line)) && (lines.length === 0 || lines.some(known));
}

/**
 * Returns the job of a line, even if cron would refuse its schedule: the predecessor wrote such
 * lines.
 */
function predecessorSlug(line: string): string | undefined {
  const [, command = ''] = /^\s*(?:[^\s=#]+\s+){6}(\S.*)$/.exec(line) ?? [];
  return predecessorJob.exec(command)?.[1];
}

function readPredecessors(text: string): ReadonlyMap<string, LastLine> {
  const lines = new Map<string, LastLine>();
  for (const written of text.split('\n')) {
    const slug = predecessorSlug(written);
    const line = readLine(written);
    if (slug !== undefined && line.is === 'entry' && !lines.has(slug))
      lines.set(slug, { schedule: line.schedule, due: false });
  }
  return lines;
}
