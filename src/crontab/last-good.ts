/**
 * Reads the present crontab back: whose it is, and the line that each job has in it. Ours is known by its header,
 * the predecessor's by what it consists of: comments and lines that start run-job.
 */
import { isOurs } from './header.ts';
import { readLine } from './reader.ts';

/** What is worth keeping of a job's line; the user, the program and the template are today's. */
export interface LastLine {
  /** Five terms, as cron reads them. */
  readonly schedule: string;
  /** Written as `--due`: run-job looks whether the job's own zone has a tick. */
  readonly due: boolean;
  /** The schedule that the job file gives, when `due`. */
  readonly zoned?: { readonly schedule: string; readonly timeZone: string };
}

export interface PresentCrontab {
  readonly owner: 'nobody' | 'us' | 'predecessor' | 'foreign';
  /** Read when it is asked for: mostly nothing has changed and no line has to be kept. */
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

export const nothingPresent: PresentCrontab = { owner: 'nobody', content: () => noLines };

const slugPattern = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}';
/** Our own lines, whatever the program was called when they were written. */
const ourJob = new RegExp(`(?:^|\\s)/\\S* (--due )?--job (${slugPattern})(?=\\s|$)`);
/** The predecessor wrote `run-job --job NAME`, earlier versions `run-job NAME` or the path of the job file. */
const predecessorJob = new RegExp(`(?:^|/|\\s)run-job (?:--job )?(?:/\\S*/)?(${slugPattern}?)(?:\\.yaml)?(?=\\s|$)`);
const zoneNote = new RegExp(`^# (${slugPattern}) follows ((?:\\S+ ){5})([\\w/+-]+)$`);

/** The main file first, then its numbered parts; none when there is no file, or none that can be trusted. */
export function readPresent(texts: readonly string[]): PresentCrontab {
  const [main] = texts;
  if (main === undefined) return nothingPresent;
  if (isOurs(main)) return { owner: 'us', content: once(() => readOurs(texts.join(''))) };
  const owner = isPredecessors(main) ? 'predecessor' : 'foreign';
  return { owner, content: once(() => ({ ...noLines, lines: readPredecessors(main) })) };
}

function once<T>(read: () => T): () => T {
  let known: T | undefined;
  return () => {
    known ??= read();
    return known;
  };
}

/** The lines of ours in a crontab of one user, which name no user. */
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
    const [, due, slug] = ourJob.exec(line.command) ?? [];
    if (slug === undefined || lines.has(slug)) continue;
    const note = zoned.get(slug);
    lines.set(slug, { schedule: line.schedule, due: due !== undefined, ...(due && note ? { zoned: note } : {}) });
  }
  return { lines, ensure, catchUp };
}

/** The job that a command of ours or of the predecessor starts, and whether run-job is to look if it is due. */
export function lineRule(command: string): { readonly slug: string; readonly due: boolean } | undefined {
  const [, due, slug] = ourJob.exec(command) ?? [];
  const named = slug ?? predecessorJob.exec(command)?.[1];
  return named === undefined ? undefined : { slug: named, due: due !== undefined };
}

/** Only comments and lines that start run-job, and at least one that it has written. */
function isPredecessors(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const known = (line: string) =>
    /^# (?:Generated from|Skipping disabled job) /.test(line) || predecessorSlug(line) !== undefined;
  return lines.every((line) => /^\s*#/.test(line) || known(line)) && (lines.length === 0 || lines.some(known));
}

/** Of a line that may hold a schedule which cron would refuse: the predecessor let some through. */
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
